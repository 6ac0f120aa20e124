import { describe, expect, it } from "vitest";
import type { Call, Desk } from "../../api/types";
import { doingOf } from "../board/DeskCard";
import { phaseOf } from "./useDesk";

const desk = (state: Desk["state"], ringing: string | null = null) => ({ id: "desk1", state, ringing }) as Desk;
const call = (state: Call["state"], answered = false) =>
  ({ id: "a", state, ...(answered ? { answered_at: "2026-11-24T05:00:00Z" } : {}) }) as Call;

describe("what a desk is doing", () => {
  it.each([
    ["ready", undefined, "idle", "ready"],
    ["empty", undefined, "idle", "empty"],
    ["in_call", undefined, "calling", "calling_desk"], // the desk's frame came before the call's
    ["in_call", call("queued"), "calling", "calling_desk"],
    ["in_call", call("calling_desk"), "calling", "calling_desk"],
    ["in_call", call("calling_customer"), "calling", "calling_customer"],
    ["in_call", call("talking", true), "talking", "talking"],
    ["in_call", call("ending"), "calling", "ending"],
    ["in_call", call("ending", true), "talking", "ending"], // what was typed stays in sight
    ["wrap_up", undefined, "wrap_up", "wrap_up"],
  ] as const)("%s with %j", (state, running, phase, doing) => {
    expect(phaseOf(desk(state), running as Call | undefined)).toBe(phase);
    expect(doingOf(desk(state), running as Call | undefined)).toBe(doing);
  });

  it("rings for a call that comes in, until one is up", () => {
    expect(phaseOf(desk("ready", "in-1"), undefined)).toBe("ringing");
    expect(doingOf(desk("ready", "in-1"), undefined)).toBe("ringing");
    expect(phaseOf(desk("in_call", "in-1"), call("talking", true))).toBe("talking");
  });

  it("says on the board what a talk stands at", () => {
    const talk = call("talking", true);
    expect(doingOf(desk("in_call"), { ...talk, held: true } as Call)).toBe("held");
    expect(doingOf(desk("in_call"), { ...talk, held: true, transfer_to: "desk2" } as Call)).toBe("transferring");
    expect(phaseOf(desk("in_call"), { ...talk, held: true } as Call)).toBe("talking");
  });

  it("owes its result as soon as the desk says so, even if the call's end is still on its way", () => {
    expect(phaseOf(desk("wrap_up"), call("ending", true))).toBe("wrap_up");
  });
});
