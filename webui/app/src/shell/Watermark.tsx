import { useEffect } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { useSession } from "../api/hooks";
import { useServerNow } from "../live/clock";
import { watermarkOf } from "./watermark";
import css from "./watermark.module.css";

/** Who looks and when, faintly over every screen and every print; and, where printing is not allowed, what a print shows instead. */
export function Watermark() {
  const { t } = useTranslation();
  const { user, print } = useSession();
  const minute = Math.floor(useServerNow(10_000) / 60_000);
  useEffect(() => {
    const root = document.documentElement;
    root.dataset.print = print ? "on" : "off";
    return () => {
      delete root.dataset.print;
    };
  }, [print]);
  return createPortal(
    <>
      <div className={css.mark} data-watermark aria-hidden style={{ backgroundImage: watermarkOf(user.name, new Date(minute * 60_000)) }} />
      {!print && (
        <p className={css.notice} data-print-notice aria-hidden>
          {t("shell.no_print")}
        </p>
      )}
    </>,
    document.body,
  );
}
