import { IconAlertTriangle, IconCircleCheck, IconInfoCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Tone } from "./Chip";
import css from "./parts.module.css";

/** A sentence that wants to be read. Bad news interrupts a screen reader, the rest waits its turn. */
export function Notice({ tone, children }: { tone: Tone; children: ReactNode }) {
  const Icon = tone === "bad" || tone === "wait" ? IconAlertTriangle : tone === "talk" ? IconCircleCheck : IconInfoCircle;
  return (
    <div className={`${css.notice} ${css[tone]}`} role={tone === "bad" ? "alert" : "status"}>
      <Icon size={18} aria-hidden />
      <div>{children}</div>
    </div>
  );
}
