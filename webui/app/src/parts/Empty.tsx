import { IconInbox } from "@tabler/icons-react";
import type { ReactNode } from "react";
import css from "./parts.module.css";

/** Nothing is there: says so, and what to do about it. */
export function Empty({ title, icon, children }: { title: string; icon?: ReactNode; children?: ReactNode }) {
  return (
    <div className={css.empty}>
      {icon ?? <IconInbox size={32} stroke={1.4} aria-hidden />}
      <strong>{title}</strong>
      {children}
    </div>
  );
}
