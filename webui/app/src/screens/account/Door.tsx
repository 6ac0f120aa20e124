import type { ReactNode } from "react";
import { Preferences } from "../../shell/Preferences";
import door from "../signin/signin.module.css";
import css from "./account.module.css";

/** A card before the rooms, as the sign-in's. */
export function Door({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className={door.page}>
      <div className={door.tools}>
        <Preferences />
      </div>
      <main className={door.card}>
        <h1 className={door.brand}>
          <img src="/favicon.svg" alt="" width={40} height={40} />
          {title}
        </h1>
        <div className={css.form}>{children}</div>
      </main>
    </div>
  );
}
