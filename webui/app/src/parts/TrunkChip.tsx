import { IconPlugConnected, IconPlugConnectedX, IconRefresh } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Trunk } from "../api/types";
import { language } from "../i18n";
import { Chip, type Tone } from "./Chip";

const looks: Record<Trunk["state"], { tone: Tone; Icon: typeof IconRefresh }> = {
  starting: { tone: "wait", Icon: IconRefresh },
  up: { tone: "talk", Icon: IconPlugConnected },
  down: { tone: "bad", Icon: IconPlugConnectedX },
};

/** Whether calls can leave by a line. */
export function TrunkChip({ state }: { state: Trunk["state"] }) {
  const { t } = useTranslation();
  const { tone, Icon } = looks[state];
  return (
    <Chip tone={tone} icon={<Icon size={15} aria-hidden />}>
      {t(`trunk_state.${state}`)}
    </Chip>
  );
}

/** What is wrong with a line and what to do, in the language in use; empty when nothing is. */
export function useTrunkTrouble(): (trunk: Trunk) => string {
  const { t } = useTranslation();
  return ({ last_error: error }) => {
    if (!error) return "";
    const text = language() === "en" ? error.text_en : error.text;
    return error.status ? `${text}${t("trunks.status", { status: error.status })}` : text;
  };
}
