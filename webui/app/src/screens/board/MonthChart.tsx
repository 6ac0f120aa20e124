import { useMantineColorScheme } from "@mantine/core";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Progress } from "../../api/types";
import { yen as grouped } from "../../format/yen";
import css from "./board.module.css";
import { burnUp } from "./plan";

const height = 218;

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** What was done, day by day, against what the plan asks for. The figures beside it say the same in words. */
export function MonthChart({ progress }: { progress: Progress }) {
  const { t, i18n } = useTranslation();
  const { colorScheme } = useMantineColorScheme();
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const lines = useMemo(() => burnUp(progress), [progress]);
  const latest = useRef(lines);
  latest.current = lines;

  useEffect(() => {
    const box = holder.current!;
    const made = new uPlot(options(box.clientWidth, t("chart.done"), t("chart.plan")), dataOf(latest.current), box);
    chart.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height }));
    watch.observe(box);
    return () => {
      watch.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [t, i18n.language, colorScheme, progress.month]);

  useEffect(() => chart.current?.setData(dataOf(lines)), [lines]);

  const done = lines.done.filter((n) => n !== null).at(-1) ?? 0;
  const say = t("chart.said", { done: grouped(done), plan: grouped(Math.round(lines.plan.at(-1) ?? 0)) });
  return (
    <div className={css.chart}>
      <div className={css.legend} aria-hidden="true">
        <span className={css.legendDone}>{t("chart.done")}</span>
        <span className={css.legendPlan}>{t("chart.plan")}</span>
      </div>
      <div ref={holder} role="img" aria-label={say} style={{ height }} />
    </div>
  );
}

function dataOf({ days, done, plan }: ReturnType<typeof burnUp>): uPlot.AlignedData {
  return [days.map((_, i) => i + 1), plan, done];
}

function options(width: number, done: string, plan: string): uPlot.Options {
  const ink = colour("--k-quiet");
  const line = colour("--k-line");
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: ink, font, ticks: { stroke: line, width: 1, size: 4 } };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: { x: { time: false, range: (_, min, max) => [min, max] }, y: { range: (_, __, max) => [0, Math.max(10, max * 1.06)] } },
    axes: [
      { ...axis, grid: { show: false }, incrs: [1, 5, 10], size: 28 },
      { ...axis, grid: { stroke: line, width: 1 }, size: 52, values: (_, ticks) => ticks.map((n) => grouped(n)) },
    ],
    series: [
      {},
      { label: plan, stroke: ink, width: 1.5, dash: [5, 5], points: { show: false } },
      {
        label: done,
        stroke: colour("--k-link"),
        fill: colour("--k-note-bg"),
        width: 2.5,
        points: { show: (u, _, __, last) => (u.data[2]?.[last] ?? null) !== null && (u.data[2] ?? []).filter((n) => n !== null).length < 2, size: 7 },
      },
    ],
  };
}
