import type { Progress } from "../../api/types";

/** All days of a month, YYYY-MM-DD. */
export function daysOf(month: string): string[] {
  const [year, number] = month.split("-").map(Number);
  const count = new Date(Date.UTC(year!, number!, 0)).getUTCDate();
  return Array.from({ length: count }, (_, i) => `${month}-${String(i + 1).padStart(2, "0")}`);
}

/** How many should be done by the end of a day: the target, spread over the minutes of all seats. */
export function planAt(progress: Progress, day: string): number {
  const all = sum(progress.open_days.map((d) => d.minutes * d.seats));
  if (all === 0) return 0;
  return (progress.target * sum(progress.open_days.filter((d) => d.day <= day).map((d) => d.minutes * d.seats))) / all;
}

/** The chart's lines, day by day: what was done up to today, and what the plan asks for. */
export function burnUp(progress: Progress): { days: string[]; done: (number | null)[]; plan: number[] } {
  const days = daysOf(progress.month);
  const byDay = new Map(progress.by_day.map((d) => [d.day, d.attempts]));
  let soFar = 0;
  return {
    days,
    plan: days.map((day) => planAt(progress, day)),
    done: days.map((day) => {
      soFar += byDay.get(day) ?? 0;
      return day <= progress.today.day ? soFar : null;
    }),
  };
}

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
