import { describe, expect, it } from "vitest";
import { commandFor, type Phase } from "./keymap";
import { legendOf, type Moment } from "./legend";

const moment = (phase: Phase, more: Partial<Moment> = {}): Moment => ({
  phase, cameIn: false, party: "", promise: false, undo: true, hasCase: true, ...more,
});
const moments: Moment[] = (["away", "ringing", "idle", "calling", "talking", "wrap_up"] as const).flatMap((phase) =>
  [false, true].flatMap((flag) =>
    (["", "person", "machine"] as const).map((party) => moment(phase, { cameIn: flag, promise: flag, undo: flag, hasCase: flag, party })),
  ),
);
const press = (key: string) => ({ key, code: "", ctrl: false, alt: false, shift: false, repeat: false, composing: false });

describe("legendOf", () => {
  it("names at most six keys besides the help, and always the help", () => {
    for (const m of moments) {
      const keys = legendOf(m);
      expect(keys.length, JSON.stringify(m)).toBeLessThanOrEqual(7);
      expect(keys.at(-1)).toEqual(["?", "help"]);
    }
  });

  it("names no key that does nothing then", () => {
    for (const m of moments) {
      for (const [key] of legendOf(m)) {
        const single = key.split(" ").filter((k) => /^([A-Z0-9?/[\];:]|Enter|F7)$/.test(k));
        for (const k of single) expect(commandFor(press(k), m.phase, "nowhere"), `${k} in ${m.phase}`).not.toBeNull();
      }
    }
  });

  it("says how to end a call wherever there is one", () => {
    for (const m of moments.filter((m) => m.phase === "calling" || m.phase === "talking"))
      expect(legendOf(m).some(([key]) => key === "Esc")).toBe(true);
  });
});
