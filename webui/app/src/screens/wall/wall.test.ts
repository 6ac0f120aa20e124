import { describe, expect, it } from "vitest";
import type { Curve, Wall, WallDesk } from "../../api/types";
import { ahead, draw, shownResults, tally, wallDoing } from "./wall";

const nine = Date.parse("2026-11-24T09:00:00+09:00");
const halves = Array.from({ length: 16 }, (_, i) => ({ at: new Date(nine + i * 1_800_000).toISOString(), plan: 15 * (i + 1), attempts: i < 4 ? 16 : 0, answered: i < 4 ? 5 : 0 }));
const curve: Curve = { day: "2026-11-24", target: 240, halves };
const desk = (more: Partial<WallDesk>): WallDesk => ({ name: "1番席", state: "ready", since: "", registered: true, ringing: false, paused: false, ...more });

describe("the wall", () => {
  it("says the one thing of a desk that counts", () => {
    expect(wallDoing(desk({}))).toBe("ready");
    expect(wallDoing(desk({ state: "in_call", call: "talking", registered: false }))).toBe("talking");
    expect(wallDoing(desk({ state: "in_call" }))).toBe("calling_desk");
    expect(wallDoing(desk({ registered: false, paused: true }))).toBe("gone");
    expect(wallDoing(desk({ registered: null, paused: true }))).toBe("paused");
    expect(wallDoing(desk({ ringing: true }))).toBe("ringing");
  });
  it("counts many desks", () => {
    expect(tally([desk({}), desk({ state: "empty" }), desk({})])).toEqual([
      { doing: "ready", count: 2 },
      { doing: "empty", count: 1 },
    ]);
  });
  it("holds the day against its plan by now", () => {
    const wall = { curve, today: { attempts: 64 } } as Wall;
    expect(ahead(wall, nine + 2 * 3_600_000)).toBe(4);
    expect(ahead(wall, nine + 3 * 3_600_000)).toBe(-26);
  });
  it("shows the four results that every day has, then the others that there were", () => {
    expect(shownResults({ answered: 3, unallocated: 1, line_trouble: 2, not_dialled: 9 }, 6).map((r) => `${r.result} ${r.count}`)).toEqual([
      "answered 3", "no_answer 0", "busy 0", "out_of_reach 0", "line_trouble 2", "unallocated 1",
    ]);
    expect(shownResults(undefined, 4)).toHaveLength(4);
  });
  it("draws the day up to now, and nothing of a closed one", () => {
    const drawn = draw(curve, nine + 2 * 3_600_000 - 1, 160, 100)!;
    expect(drawn.top).toBeGreaterThanOrEqual(240);
    expect(drawn.attempts.match(/L/g)).toHaveLength(4);
    expect(drawn.plan.match(/L/g)).toHaveLength(16);
    expect(drawn.hours).toHaveLength(8);
    expect(drawn.area.endsWith("Z")).toBe(true);
    expect(draw({ ...curve, halves: [] }, nine, 160, 100)).toBeNull();
  });
});
