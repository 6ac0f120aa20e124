import { describe, expect, it } from "vitest";
import type { Progress } from "../../api/types";
import { burnUp, daysOf, planAt } from "./plan";

const progress = {
  month: "2026-11",
  target: 600,
  open_days: [
    { day: "2026-11-02", minutes: 420, seats: 2 },
    { day: "2026-11-04", minutes: 300, seats: 2 },
    { day: "2026-11-05", minutes: 480, seats: 2 },
  ],
  by_day: [
    { day: "2026-11-02", attempts: 200, answered: 1 },
    { day: "2026-11-05", attempts: 7, answered: 1 },
  ],
  today: { day: "2026-11-05" },
} as unknown as Progress;

describe("the month's plan", () => {
  it("knows the length of months", () => {
    expect(daysOf("2026-11")).toHaveLength(30);
    expect(daysOf("2028-02")).toHaveLength(29);
    expect(daysOf("2026-12").at(-1)).toBe("2026-12-31");
  });

  it("follows the hours the centre is open", () => {
    expect(planAt(progress, "2026-11-01")).toBe(0);
    expect(planAt(progress, "2026-11-03")).toBe(210);
    expect(planAt(progress, "2026-11-04")).toBe(360);
    expect(planAt(progress, "2026-11-30")).toBe(600);
    expect(planAt({ ...progress, open_days: [] }, "2026-11-30")).toBe(0);
  });

  it("adds up what was done, and draws nothing for days to come", () => {
    const { done, plan, days } = burnUp(progress);
    expect(days).toHaveLength(30);
    expect(done.slice(0, 6)).toEqual([0, 200, 200, 200, 207, null]);
    expect(plan.at(-1)).toBe(600);
    for (let i = 1; i < plan.length; i++) expect(plan[i]).toBeGreaterThanOrEqual(plan[i - 1]!);
  });
});
