import { IconEar } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Call } from "../api/types";
import { Chip } from "./Chip";

/** What the customer's sound seems to be, the most likely first: for the operator to weigh. Nothing is decided by it. */
export function HintChip({ call }: { call: Call }) {
  const { t } = useTranslation();
  const [hint] = [...(call.hints ?? [])].sort((a, b) => b.confidence - a.confidence);
  if (!hint || call.state === "ended") return null;
  return (
    <span title={t("hint.note")}>
      <Chip tone="wait" icon={<IconEar size={15} aria-hidden />}>
        {t(`hint.${hint.kind}`, { percent: Math.round(hint.confidence * 100) })}
      </Chip>
    </span>
  );
}
