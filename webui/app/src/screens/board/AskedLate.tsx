import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import { useAskedFor } from "../desk/asked";
import css from "./board.module.css";

/** Calls that were asked for at a time that has passed, and that nobody has made: whom they wait for, and where they stand. */
export function AskedLate() {
  const { t } = useTranslation();
  const { data } = useAskedFor();
  const late = (data ?? []).filter((a) => a.late);
  if (late.length === 0) return null;
  return (
    <section className={css.alerts} aria-label={t("asked.late")} data-asked-late={late.length}>
      <h2>{t("asked.late")}</h2>
      <ol className={css.alertList} tabIndex={0}>
        {late.map((a) => (
          <li key={a.case_id}>
            <Link to="/cases/$id" params={{ id: a.case_id }}>
              <span className="digits">{dayAndTime(a.at, language())}</span> {a.operator_name || t("asked.anyones")}
              {a.desk && ` (${a.desk})`}
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}
