import { describe, expect, it } from "vitest";
import { directionOf } from "./DirectionWord";

const at = "2026-11-24T05:00:00Z";

describe("directionOf", () => {
  it.each([
    ["outbound", null, at, "outbound"], // nobody answered us: that is the result's to say
    ["inbound", null, null, "inbound"], // it rings
    ["inbound", at, null, "inbound"],
    ["inbound", at, at, "inbound"],
    ["inbound", null, at, "missed"],
  ] as const)("%s, answered %s, ended %s is %s", (direction, answered_at, ended_at, want) => {
    expect(directionOf({ direction, answered_at, ended_at })).toBe(want);
  });
});
