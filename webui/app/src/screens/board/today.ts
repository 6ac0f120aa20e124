import type { Curve } from "../../api/types";

const half = 30 * 60_000;

export interface Today {
  at: number[];
  /** When each half hour ends. */
  ends: number[];
  plan: number[];
  attempts: (number | null)[];
  answered: (number | null)[];
  done: number;
  /** What the plan asks for by now. */
  planNow: number;
}

/** A day's lines: sums since its beginning, those of what was done up to now. */
export function today(curve: Curve, now: number): Today {
  const out: Today = { at: [], ends: [], plan: [], attempts: [], answered: [], done: 0, planNow: 0 };
  let answered = 0;
  curve.halves.forEach((h, i) => {
    const begins = Date.parse(h.at);
    const before = curve.halves[i - 1]?.plan ?? 0;
    out.done += h.attempts;
    answered += h.answered;
    out.at.push(i);
    out.ends.push(begins + half);
    out.plan.push(h.plan);
    out.attempts.push(begins <= now ? out.done : null);
    out.answered.push(begins <= now ? answered : null);
    if (begins <= now) out.planNow = Math.round(before + (h.plan - before) * Math.min(1, (now - begins) / half));
  });
  return out;
}
