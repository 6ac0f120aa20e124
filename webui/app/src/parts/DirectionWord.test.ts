import { describe, expect, it } from "vitest";
import { directionOf } from "./DirectionWord";

const at = "2026-11-24T05:00:00Z";

describe("directionOf", () => {
  it.each([
    ["outbound", null, at, null, "outbound"], // nobody answered us: that is the result's to say
    ["inbound", null, null, null, "inbound"], // it rings
    ["inbound", at, null, null, "inbound"],
    ["inbound", at, at, "answered", "inbound"],
    ["inbound", null, at, "no_answer", "missed"],
    ["inbound", null, at, "cancelled", "inbound"], // another answered
  ] as const)("%s, answered %s, ended %s as %s is %s", (direction, answered_at, ended_at, result, want) => {
    expect(directionOf({ direction, answered_at, ended_at, result })).toBe(want);
  });
});
