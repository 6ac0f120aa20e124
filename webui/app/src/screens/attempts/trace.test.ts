import { describe, expect, it } from "vitest";
import type { TraceMessage } from "../../api/types";
import { rungs } from "./trace";

const message = (at: string, leg: "desk" | "customer", out: boolean): TraceMessage => ({
  at, leg, out, first: "OPTIONS sip:h SIP/2.0", from: "192.0.2.1:5060", to: "192.0.2.2:5060", transport: "UDP", text: "",
});

describe("a ladder's rungs", () => {
  it("stand between the phone and us, or us and the carrier, and point where the message went", () => {
    const at = "2026-11-24T10:00:00+09:00";
    const laid = rungs([message(at, "desk", true), message(at, "desk", false), message(at, "customer", true), message(at, "customer", false)]);
    expect(laid.map((r) => [r.arm, r.rightwards])).toEqual([[0, false], [0, true], [1, true], [1, false]]);
  });

  it("count the time from the first, and never backwards", () => {
    const laid = rungs([
      message("2026-11-24T10:00:00.250+09:00", "desk", true),
      message("2026-11-24T01:00:01.5Z", "desk", false),
      message("2026-11-24T10:00:00+09:00", "desk", true),
    ]);
    expect(laid.map((r) => r.after)).toEqual(["+0.000", "+1.250", "+0.000"]);
  });

  it("are none for a call without messages", () => expect(rungs([])).toEqual([]));
});
