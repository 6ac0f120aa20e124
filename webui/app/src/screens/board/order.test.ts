import { expect, test } from "vitest";
import type { Call, Desk } from "../../api/types";
import { arranged, counts, grouped, seen } from "./order";

const desk = (n: number, more: Partial<Desk> = {}) => ({ id: `desk${n}`, name: `${n}番席`, state: "ready", since: `2026-11-24T10:0${n}:00+09:00`, ...more }) as Desk;
const all = seen(
  [desk(1), desk(2, { state: "in_call", operator_name: "佐藤" }), desk(3, { state: "empty" })],
  [{ id: "c", desk: "desk2", state: "talking", answered_at: "2026-11-24T09:00:00+09:00", started_at: "2026-11-24T08:59:00+09:00" } as Call],
);
const names = (rows: { desk: Desk }[]) => rows.map((r) => r.desk.id);

test("a desk is shown with its call's state and clock", () => {
  expect(all.map((s) => s.doing)).toEqual(["ready", "talking", "empty"]);
  expect(all[1]!.since).toBe("2026-11-24T09:00:00+09:00");
  expect(counts(all)).toEqual([{ doing: "talking", count: 1 }, { doing: "ready", count: 1 }, { doing: "empty", count: 1 }]);
});

test("filter, order and groups", () => {
  expect(names(arranged(all, "佐藤", "", "place"))).toEqual(["desk2"]);
  expect(names(arranged(all, "", "ready", "place"))).toEqual(["desk1"]);
  expect(names(arranged(all, "", "", "state"))).toEqual(["desk2", "desk1", "desk3"]);
  expect(names(arranged(all, "", "", "clock"))).toEqual(["desk2", "desk1", "desk3"]);
  expect(grouped(arranged(all, "", "", "state"), "state").map((g) => g.doing)).toEqual(["talking", "ready", "empty"]);
  expect(grouped(all, "place")).toHaveLength(1);
});
