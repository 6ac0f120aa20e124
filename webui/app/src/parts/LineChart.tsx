import { useMantineColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { yen as grouped } from "../format/yen";
import css from "./LineChart.module.css";

/** A line of a chart; none of its points need be there. A dashed one is a plan, a filled one what was done, a dotted one a part of that, a band what is foretold. */
export interface Line {
  label: string;
  points: (number | null)[];
  look: "plan" | "done" | "part" | "band";
}

interface Props {
  /** What stands at the foot of each point: a number, or a word for it. */
  at: number[];
  name?: (at: number) => string;
  lines: Line[];
  /** The same in words, for whoever does not see it. */
  said: string;
  height?: number;
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Lines that grow. The figures beside a chart say the same in words. Two lines of the look "band", low and high, are filled between. */
export function LineChart({ at, name, lines, said, height = 218 }: Props) {
  const { i18n } = useTranslation();
  const { colorScheme } = useMantineColorScheme();
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const latest = useRef({ at, lines, name });
  latest.current = { at, lines, name };
  const shape = lines.map((l) => `${l.look} ${l.label}`).join("|");

  useEffect(() => {
    const box = holder.current!;
    const made = new uPlot(options(box.clientWidth, height, latest.current.lines, (n) => latest.current.name?.(n) ?? String(n)), dataOf(latest.current), box);
    chart.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height }));
    watch.observe(box);
    return () => {
      watch.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [i18n.language, colorScheme, height, shape, at.length]);

  useEffect(() => chart.current?.setData(dataOf({ at, lines })), [at, lines]);

  const shown = lines.filter((l, i) => l.look !== "band" || lines.findIndex((o) => o.look === "band") === i);
  return (
    <div className={css.chart}>
      <div className={css.legend} aria-hidden="true">
        {shown.map((l) => (
          <span key={l.label} data-look={l.look}>
            {l.label}
          </span>
        ))}
      </div>
      <div ref={holder} role="img" aria-label={said} style={{ height }} />
    </div>
  );
}

function dataOf({ at, lines }: { at: number[]; lines: Line[] }): uPlot.AlignedData {
  return [at, ...lines.map((l) => l.points)];
}

// Calls are counted: no tick stands at a half of one.
const whole = [1, 2, 5].flatMap((n) => [1, 10, 100, 1_000, 10_000, 100_000].map((m) => n * m)).sort((a, b) => a - b);

function options(width: number, height: number, lines: Line[], name: (at: number) => string): uPlot.Options {
  const ink = colour("--k-quiet");
  const line = colour("--k-line");
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: ink, font, ticks: { stroke: line, width: 1, size: 4 } };
  const bands = lines.flatMap((l, i) => (l.look === "band" ? [i + 1] : []));
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: { x: { time: false, range: (_, min, max) => [min, max] }, y: { range: (_, __, max) => [0, Math.max(10, max * 1.06)] } },
    axes: [
      { ...axis, grid: { show: false }, incrs: [1, 5, 10], size: 28, values: (_, ticks) => ticks.map(name) },
      { ...axis, grid: { stroke: line, width: 1 }, size: 58, incrs: whole, values: (_, ticks) => ticks.map((n) => grouped(n)) },
    ],
    bands: bands.length === 2 ? [{ series: [bands[1]!, bands[0]!], fill: colour("--k-wait-bg") }] : [],
    series: [{}, ...lines.map((l) => series(l, ink))],
  };
}

function series({ label, look }: Line, ink: string): uPlot.Series {
  switch (look) {
    case "plan":
      return { label, stroke: ink, width: 1.5, dash: [5, 5], points: { show: false } };
    case "part":
      return { label, stroke: colour("--k-talk"), width: 2.5, dash: [2, 4], points: { show: false } };
    case "band":
      return { label, stroke: colour("--k-wait"), width: 1, points: { show: false } };
    default:
      return {
        label,
        stroke: colour("--k-link"),
        fill: colour("--k-note-bg"),
        width: 2.5,
        points: { show: (u, i) => (u.data[i] ?? []).filter((n) => n !== null && n !== undefined).length < 2, size: 7 },
      };
  }
}
