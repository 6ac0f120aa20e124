import { describe, expect, it } from "vitest";
import type { CaseBrief } from "../../api/types";
import { movable, movedTo, roomOf, wish, within } from "./reorder";

const row = (case_id: string, more: Partial<CaseBrief> = {}) => ({ case_id, is_due: true, pinned: false, desk: null, ...more }) as CaseBrief;
const line = [row("pin", { pinned: true }), row("a"), row("desk", { desk: "desk1" }), row("b"), row("c"), row("later", { is_due: false })];
const ids = (items: CaseBrief[]) => items.map((c) => c.case_id);

describe("the line's order by hand", () => {
  it("leaves pinned cases first and those that are not due last", () => {
    expect(roomOf(line)).toEqual({ from: 1, to: 5 });
    expect(roomOf([])).toEqual({ from: 0, to: 0 });
    expect(roomOf([row("pin", { pinned: true })])).toEqual({ from: 1, to: 1 });
    expect([0, 1, 3, 5, 6].map((place) => within(roomOf(line), place))).toEqual([1, 1, 3, 5, 5]);
  });
  it("moves what is due and at no desk", () => expect(ids(line.filter(movable))).toEqual(["a", "b", "c"]));
  it("asks for a neighbour", () => {
    expect(wish(line, "c", 1)).toEqual({ before: "a" });
    expect(wish(line, "a", 4)).toEqual({ before: "c" });
    expect(wish(line, "a", 5)).toEqual({ after: "c" });
    expect(wish(line, "b", 3)).toBeNull();
    expect(wish(line, "b", 4)).toBeNull();
    expect(wish(line, "gone", 1)).toBeNull();
  });
  it("shows at once what was asked for", () => {
    expect(ids(movedTo(line, "c", 1))).toEqual(["pin", "c", "a", "desk", "b", "later"]);
    expect(ids(movedTo(line, "a", 5))).toEqual(["pin", "desk", "b", "c", "a", "later"]);
  });
});
