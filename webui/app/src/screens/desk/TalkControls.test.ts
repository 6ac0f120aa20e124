import { describe, expect, it } from "vitest";
import type { Desk } from "../../api/types";
import { canTake } from "./TalkControls";

const free = { id: "desk2", state: "ready", operator: "u2", registered: true, ringing: null } as Desk;

describe("where a talk can be handed on to", () => {
  it.each<[string, Partial<Desk>, boolean]>([
    ["somebody sits there, free", {}, true],
    ["its phone is a PBX's", { registered: null }, true],
    ["this very desk", { id: "desk1" }, false],
    ["nobody sits there", { state: "empty", operator: null }, false],
    ["it has a call", { state: "in_call" }, false],
    ["it owes a result", { state: "wrap_up" }, false],
    ["its phone is gone", { registered: false }, false],
    ["it rings already", { ringing: "in-1" }, false],
  ])("%s", (_, change, want) => {
    expect(canTake({ ...free, ...change }, "desk1")).toBe(want);
  });
});
