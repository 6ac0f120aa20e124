import { describe, expect, it } from "vitest";
import { objectOf } from "./words";

describe("what an entry is about", () => {
  it.each([
    ["", "", []],
    ["01a2289d-4f8a-75cc-a371-89526b438f17", "01a2289d-4f8a-75cc-a371-89526b438f17", []],
    ["?limit=500", "", []],
    ["day?period=2026-11-30&revision=0", "day", [["period", "2026-11-30"]]],
    ["?to=2026-12-01T00:00:00+09:00&from=2026-11-30T00:00:00+09:00&cursor=x", "", [["from", "2026-11-30"], ["to", "2026-12-01"]]],
    ["?from=2026-11-30T10:15:00+09:00&kind=&desk=desk1", "", [["from", "2026-11-30T10:15:00+09:00"], ["desk", "desk1"]]],
  ])("%s", (object, about, asked) => {
    const said = objectOf(object);
    expect([said.about, said.asked.map(({ name, value }) => [name, value])]).toEqual([about, asked]);
  });
});
