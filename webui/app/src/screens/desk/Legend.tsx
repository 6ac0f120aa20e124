import { useTranslation } from "react-i18next";
import { legendOf, type Moment } from "../../keys/legend";
import { Key } from "../../parts/Key";
import css from "./legend.module.css";

/** The keys that matter now, at the foot of the desk. */
export function Legend({ moment }: { moment: Moment }) {
  const { t } = useTranslation();
  return (
    <ul className={css.legend} aria-label={t("legend.title")} data-legend={moment.phase}>
      {legendOf(moment).map(([key, what]) => (
        <li key={`${moment.phase} ${what}`}>
          <Key name={key} />
          <span className="visually-hidden">{key}</span>
          {t(`legend.${what}`)}
        </li>
      ))}
    </ul>
  );
}
