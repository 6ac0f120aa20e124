import {
  IconAlertTriangle, IconBan, IconCircleX, IconHelpCircle, IconNumbers, IconPhone, IconPhoneCheck, IconPhoneOff, IconPhonePause,
  IconPhoneX, IconPlugConnectedX, IconReplace, IconAntennaBarsOff,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Attempt, Result } from "../api/types";
import { Chip, type Tone } from "./Chip";

const looks: Record<Result, { tone: Tone; Icon: typeof IconPhone }> = {
  answered: { tone: "talk", Icon: IconPhoneCheck },
  no_answer: { tone: "still", Icon: IconPhoneOff },
  busy: { tone: "wait", Icon: IconPhonePause },
  unallocated: { tone: "bad", Icon: IconPhoneX },
  number_changed: { tone: "bad", Icon: IconReplace },
  out_of_reach: { tone: "still", Icon: IconAntennaBarsOff },
  bad_number: { tone: "bad", Icon: IconNumbers },
  refused: { tone: "bad", Icon: IconBan },
  line_trouble: { tone: "bad", Icon: IconPlugConnectedX },
  cancelled: { tone: "still", Icon: IconCircleX },
  interrupted: { tone: "wait", Icon: IconAlertTriangle },
  not_dialled: { tone: "still", Icon: IconCircleX },
};

/** A connection result by sign and word. A guess says that it is one. */
export function ResultChip({ result, confidence }: { result: Result; confidence?: string | null | undefined }) {
  const { t } = useTranslation();
  const { tone, Icon } = looks[result] ?? { tone: "still" as const, Icon: IconHelpCircle };
  const guessed = confidence === "low" || confidence === "medium";
  return (
    <Chip tone={tone} icon={<Icon size={15} aria-hidden />}>
      {t(`result.${result}`)}
      {guessed && t("result.guessed")}
    </Chip>
  );
}

/** An attempt's result, or that it is still under way. */
export function AttemptResult({ attempt }: { attempt: Attempt }) {
  const { t } = useTranslation();
  if (attempt.result) return <ResultChip result={attempt.result} confidence={attempt.origin === "sip" ? attempt.confidence : null} />;
  return (
    <Chip tone="wait" icon={<IconPhone size={15} aria-hidden />}>
      {t("result.under_way")}
    </Chip>
  );
}
