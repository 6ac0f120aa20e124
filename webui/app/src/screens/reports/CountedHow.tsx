import { useTranslation } from "react-i18next";
import css from "./reports.module.css";

const figures = ["dialled", "attempts", "persons", "cases", "connected", "answered"] as const;

/** What the figures of the reports count, each in a sentence: folded up until somebody asks. */
export function CountedHow() {
  const { t } = useTranslation();
  return (
    <details className={css.counted}>
      <summary>{t("counted_how.title")}</summary>
      <dl>
        {figures.map((f) => (
          <div key={f}>
            <dt>{t(`counted_how.${f}`)}</dt>
            <dd>{t(`counted_how.means.${f}`)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
