import { describe, expect, it } from "vitest";
import type { Balance } from "../../api/types";
import { commandFor } from "../../keys/keymap";
import { monthsTo } from "../promises/months";
import { entryOf, emptyDraft } from "./draft";
import { rowsOf, splitOver, sumOf } from "./split";

const owed = (insurance: "kokuho" | "kouki", term: string, due_on: string, amount: number): Balance => ({ insurance, term, due_on, yen: amount });
const balances = [
  owed("kokuho", "第2期", "2026-07-31", 5000),
  owed("kouki", "第1期", "", 3000),
  owed("kokuho", "第1期", "2026-06-30", 4000),
];
const amounts = (amount: number) => splitOver(amount, balances).map((p) => `${p.insurance}${p.term}:${p.amount}`);

describe("a promise that is split", () => {
  it("begins with the oldest term, and ends with what has no date", () =>
    expect(amounts(6000)).toEqual(["kokuho第1期:4,000", "kokuho第2期:2,000", "kouki第1期:"]));

  it("puts what is more than owed at the last", () => expect(amounts(13000)[2]).toBe("kouki第1期:4,000"));

  it("always sums to the promise", () => {
    for (let amount = 0; amount <= 14000; amount += 700) expect(sumOf(splitOver(amount, balances))).toBe(amount);
  });

  it("has no sum with an amount that nobody can read", () =>
    expect(sumOf([{ insurance: "kokuho", term: "第1期", amount: "半分" }])).toBeNull());

  it("keeps what was typed beside each balance, and parts that are no longer owed", () => {
    const rows = rowsOf([{ insurance: "kokuho", term: "第9期", amount: "1" }, { insurance: "kokuho", term: "第2期", amount: "２００" }], balances);
    expect(rows.map((r) => [r.part.term, r.part.amount, r.owed])).toEqual([
      ["第1期", "", 4000],
      ["第2期", "２００", 5000],
      ["第1期", "", 3000],
      ["第9期", "1", null],
    ]);
  });

  it("goes out without its empty parts, full-width digits read", () => {
    const draft = { ...emptyDraft(200, "2026-11-30"), party: "self" as const, business: ["promise" as const] };
    const parts = [
      { insurance: "kokuho" as const, term: "第1期", amount: "" },
      { insurance: "kokuho" as const, term: "第2期", amount: "２００" },
    ];
    expect(entryOf({ ...draft, parts }).promise!.parts).toEqual([{ insurance: "kokuho", term: "第2期", amount_yen: 200 }]);
    expect(entryOf(draft).promise).not.toHaveProperty("parts");
    expect(entryOf(draft, ["above_balance"]).confirm).toEqual(["above_balance"]);
    expect(entryOf(draft)).not.toHaveProperty("confirm");
  });
});

describe("the keys of a promise", () => {
  const press = (key: string) => ({ key, code: "", ctrl: false, alt: false, shift: false, repeat: false, composing: false });
  it.each([
    [".", "next_bank_day"],
    ["。", "next_bank_day"],
    [",", "split"],
  ])("%s is %s in the form, and nothing beside it", (key, command) => {
    expect(commandFor(press(key), "wrap_up", "nowhere")).toEqual({ do: command });
    expect(commandFor(press(key), "talking", "nowhere")).toEqual({ do: command });
    expect(commandFor(press(key), "idle", "nowhere")).toBeNull();
    expect(commandFor(press(key), "wrap_up", "line")).toBeNull();
  });
});

it("lists months over the turn of a year, by Tokyo's clock", () =>
  expect(monthsTo(Date.parse("2026-12-31T16:00:00Z"), 3)).toEqual(["2027-01", "2026-12", "2026-11"]));
