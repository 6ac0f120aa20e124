import { expect, test } from "vitest";
import { today } from "./today";

test("sums up to now, and the plan by the minute", () => {
  const half = (at: string, attempts: number, answered: number, plan: number) => ({ at: `2026-11-24T${at}:00+09:00`, attempts, answered, plan });
  const curve = { day: "2026-11-24", target: 40, halves: [half("09:00", 6, 2, 10), half("09:30", 8, 3, 20), half("10:00", 0, 0, 30)] };
  const lines = today(curve, Date.parse("2026-11-24T09:45:00+09:00"));
  expect(lines.attempts).toEqual([6, 14, null]);
  expect(lines.answered).toEqual([2, 5, null]);
  expect(lines.plan).toEqual([10, 20, 30]);
  expect(lines.planNow).toBe(15);
});
