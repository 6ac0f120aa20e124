import type { Curve, Result, Wall, WallDesk } from "../../api/types";
import { today } from "../board/today";

/** What a desk does, as the wall says it. */
export type WallDoing = "empty" | "ready" | "ringing" | "calling_desk" | "calling_customer" | "talking" | "ending" | "wrap_up" | "away" | "paused" | "gone";

/** From three metres one word counts: a phone that is gone or a desk that is paused says so before anything else. */
export function wallDoing(desk: WallDesk): WallDoing {
  if (desk.state === "in_call") return desk.call && desk.call !== "ended" && desk.call !== "queued" ? desk.call : "calling_desk";
  if (desk.registered === false) return "gone";
  if (desk.paused) return "paused";
  return desk.ringing ? "ringing" : desk.state;
}

/** How the day stands against its plan by now: how many more, or fewer, than it asks for. */
export function ahead(wall: Wall, now: number): number {
  return wall.today.attempts - today(wall.curve, now).planNow;
}

/** The results of the day that are shown: the four that every day has, then the most frequent others. */
export function shownResults(counts: Partial<Record<Result, number>> | undefined, most: number): { result: Result; count: number }[] {
  const always: Result[] = ["answered", "no_answer", "busy", "out_of_reach"];
  const others = (Object.keys(counts ?? {}) as Result[])
    .filter((r) => !always.includes(r) && r !== "not_dialled" && (counts?.[r] ?? 0) > 0)
    .sort((a, b) => (counts?.[b] ?? 0) - (counts?.[a] ?? 0));
  return [...always, ...others].slice(0, most).map((result) => ({ result, count: counts?.[result] ?? 0 }));
}

/** How many desks stand in cards of their own; of more, only how many do what. */
export const cardsAtMost = 12;

/** How many desks do each thing, the most first. */
export function tally(desks: WallDesk[]): { doing: WallDoing; count: number }[] {
  const found = new Map<WallDoing, number>();
  for (const desk of desks) found.set(wallDoing(desk), (found.get(wallDoing(desk)) ?? 0) + 1);
  return [...found].map(([doing, count]) => ({ doing, count })).sort((a, b) => b.count - a.count);
}

export interface Drawing {
  plan: string;
  attempts: string;
  area: string;
  answered: string;
  top: number;
  /** The hours at the foot: where, and when. */
  hours: { x: number; at: number }[];
  /** The heights that are named at the side. */
  heights: { y: number; n: number }[];
}

/** The day's curve in a box of that size: paths for an svg. Null where there is nothing to draw. */
export function draw(curve: Curve, now: number, width: number, height: number): Drawing | null {
  const lines = today(curve, now);
  if (lines.at.length < 2) return null;
  const top = ceiling(Math.max(10, ...lines.plan, ...lines.attempts.map((n) => n ?? 0)));
  const x = (i: number) => (width * (i + 1)) / lines.at.length;
  const y = (n: number) => height - (height * n) / top;
  const path = (points: (number | null)[]) =>
    points.flatMap((n, i) => (n === null ? [] : [`L${x(i).toFixed(1)} ${y(n).toFixed(1)}`])).reduce((all, p) => all + p, `M0 ${height}`);
  const last = lines.attempts.findLastIndex((n) => n !== null);
  const attempts = path(lines.attempts);
  return {
    top,
    plan: path(lines.plan),
    attempts,
    area: last < 0 ? "" : `${attempts}L${x(last).toFixed(1)} ${height}Z`,
    answered: path(lines.answered),
    hours: lines.ends.flatMap((end, i) => (end % 3_600_000 === 0 ? [{ x: x(i), at: end }] : [])),
    heights: [0.5, 1].map((share) => ({ y: y(top * share), n: top * share })),
  };
}

/** The next round number above. */
function ceiling(n: number): number {
  const step = 10 ** Math.floor(Math.log10(n)) / 2;
  return Math.ceil((n * 1.02) / step) * step;
}
