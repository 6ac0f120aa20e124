import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Curve as Day } from "../../api/types";
import { timeOfDay } from "../../format/time";
import { yen as grouped } from "../../format/yen";
import { language } from "../../i18n";
import { useServerNow } from "../../live/clock";
import { today } from "../board/today";
import { draw } from "./wall";
import css from "./wall.module.css";

/** The day's curve against its plan, as large as its place. Its words keep the size of the others: the drawing is made to measure. */
export function Curve({ curve }: { curve: Day }) {
  const { t } = useTranslation();
  const now = useServerNow(10_000);
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const closed = curve.halves.length < 2;
  useEffect(() => {
    const place = box.current;
    if (!place) return;
    const watch = new ResizeObserver(() => setSize({ width: place.clientWidth, height: place.clientHeight }));
    watch.observe(place);
    return () => watch.disconnect();
  }, [closed]);
  // A line of words is as high as 1.25u, which is a hundredth of the width of the picture.
  const word = Math.min(innerWidth, innerHeight * 1.7778) * 0.0125;
  const width = Math.max(1, size.width - 6 * word);
  const height = Math.max(1, size.height - 3 * word);
  const drawn = useMemo(() => draw(curve, now, width, height), [curve, now, width, height]);
  if (closed) return <p className={css.noCurve}>{t("daycurve.closed")}</p>;
  const { done, planNow } = today(curve, now);
  return (
    <figure className={css.curve}>
      <figcaption aria-hidden="true">
        <span data-look="plan">{t("chart.plan")}</span>
        <span data-look="attempts">{t("daycurve.attempts")}</span>
        <span data-look="answered">{t("daycurve.answered")}</span>
      </figcaption>
      <div ref={box} className={css.drawing}>
        {drawn && size.height > 0 && (
          <svg
            width={size.width}
            height={size.height}
            viewBox={`${-4 * word} ${-word} ${size.width} ${size.height}`}
            role="img"
            aria-label={t("daycurve.said", { done: grouped(done), plan: grouped(planNow) })}
          >
            {drawn.heights.map(({ y, n }) => (
              <g key={n}>
                <line x1={0} x2={width} y1={y} y2={y} className={css.grid} />
                <text x={-0.7 * word} y={y + 0.4 * word} textAnchor="end">
                  {grouped(n)}
                </text>
              </g>
            ))}
            <line x1={0} x2={width} y1={height} y2={height} className={css.grid} />
            {drawn.hours
              .filter((_, i) => width > 34 * word || i % 2 === drawn.hours.length % 2)
              .map(({ x, at }) => (
                <text key={at} x={x} y={height + 1.5 * word} textAnchor="middle">
                  {timeOfDay(new Date(at).toISOString(), language())}
                </text>
              ))}
            <path d={drawn.area} className={css.area} />
            <path d={drawn.plan} className={css.plan} />
            <path d={drawn.answered} className={css.answered} />
            <path d={drawn.attempts} className={css.attempts} />
          </svg>
        )}
      </div>
    </figure>
  );
}
