import type { ReactNode } from "react";
import css from "./parts.module.css";

/** What a colour says; DESIGN.md has the table. */
export type Tone = "wait" | "talk" | "bad" | "note" | "still";

/** A short state: a sign and a word, and a colour that only repeats them. */
export function Chip({ tone, icon, children }: { tone: Tone; icon?: ReactNode; children: ReactNode }) {
  return (
    <span className={`${css.chip} ${css[tone]}`}>
      {icon}
      {children}
    </span>
  );
}
