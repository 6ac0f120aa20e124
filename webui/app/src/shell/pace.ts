import type { Progress } from "../api/types";

/** One seat's share of the day's plan: the plan, divided by the seats that are worked today. 0 where there is none. */
export function ownShare(progress: Progress): number {
  const seats = progress.open_days.find((d) => d.day === progress.today.day)?.seats ?? 0;
  return seats > 0 && progress.today.target > 0 ? Math.ceil(progress.today.target / seats) : 0;
}
