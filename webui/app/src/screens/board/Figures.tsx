import { useTranslation } from "react-i18next";
import type { Progress } from "../../api/types";
import { yen as grouped } from "../../format/yen";
import css from "./board.module.css";
import { planAt } from "./plan";

/** Today and the month in figures. All three ways of counting stand side by side; the one held against the target is marked. */
export function Figures({ progress }: { progress: Progress }) {
  const { t } = useTranslation();
  const { today, done, target, forecast, definition } = progress;
  const counted = done[definition as keyof typeof done] ?? 0;
  const plan = Math.round(planAt(progress, today.day));
  const ahead = counted - plan;
  return (
    <section className={css.figures} aria-label={t("figures.region")}>
      <div className={css.figure}>
        <h2>{t("figures.today")}</h2>
        <p className={css.big} data-figure="today">
          {grouped(today.attempts)}
          {today.target > 0 && <small> / {grouped(today.target)}</small>}
        </p>
        <p className="quiet">{t("figures.answered", { count: today.answered })}</p>
        <p className="quiet" data-figure="inbound">
          {t("figures.inbound", { answered: grouped(today.inbound.answered), missed: grouped(today.inbound.missed) })}
        </p>
        {today.by_hand > 0 && (
          <p className="quiet" data-figure="by-hand">
            {t("figures.by_hand", { n: grouped(today.by_hand) })}
          </p>
        )}
      </div>
      <div className={css.figure}>
        <h2>{t("figures.month")}</h2>
        <p className={css.big} data-figure="month">
          {grouped(counted)}
          <small> / {grouped(target)}</small>
        </p>
        <p className={ahead >= 0 ? css.good : css.behind}>
          {ahead >= 0 ? t("figures.ahead", { n: grouped(ahead) }) : t("figures.behind", { n: grouped(-ahead) })}
        </p>
      </div>
      <dl className={css.three}>
        {(definition === "thirds" ? (["attempts", "persons", "cases", "thirds"] as const) : (["attempts", "persons", "cases"] as const)).map((way) => (
          <div key={way} data-counted={way === definition || undefined}>
            <dt>{t(`figures.way.${way}`)}</dt>
            <dd>{grouped(done[way] ?? 0)}</dd>
          </div>
        ))}
      </dl>
      <p className={css.forecast}>
        {t("figures.forecast")} <b>{grouped(forecast.mid)}</b>{" "}
        <span className="quiet">{t("figures.range", { low: grouped(forecast.low), high: grouped(forecast.high) })}</span>
      </p>
    </section>
  );
}
