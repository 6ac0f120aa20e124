import { type ReactNode, useId } from "react";
import css from "./parts.module.css";

interface Props {
  title: string;
  side?: ReactNode;
  children: ReactNode;
  className?: string;
}

/** A part of a screen with a heading. */
export function Panel({ title, side, children, className }: Props) {
  const id = useId();
  return (
    <section className={`${css.panel} ${className ?? ""}`} aria-labelledby={id}>
      <div className={css.panelHead}>
        <h2 id={id}>{title}</h2>
        {side && <div className={css.side}>{side}</div>}
      </div>
      <div className={css.panelBody}>{children}</div>
    </section>
  );
}
