import { IconPhoneIncoming, IconPhoneOutgoing } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Attempt } from "../api/types";
import parts from "./parts.module.css";

/** Whether we called, they called, or they called and nobody answered. One that was cancelled was answered elsewhere. */
export function directionOf(attempt: Pick<Attempt, "direction" | "ended_at" | "answered_at" | "result">): "outbound" | "inbound" | "missed" {
  if (attempt.direction !== "inbound") return "outbound";
  return attempt.ended_at && !attempt.answered_at && attempt.result !== "cancelled" ? "missed" : "inbound";
}

/** An attempt's direction, by sign and word. */
export function DirectionWord({ attempt }: { attempt: Attempt }) {
  const { t } = useTranslation();
  const direction = directionOf(attempt);
  const Icon = direction === "outbound" ? IconPhoneOutgoing : IconPhoneIncoming;
  return (
    <span className={parts.direction} data-direction={direction}>
      <Icon size={15} aria-hidden /> {t(`direction.${direction}`)}
      {attempt.origin === "manual" && <b data-origin="manual">({t("origin.manual")})</b>}
    </span>
  );
}
