import { describe, expect, it } from "vitest";
import { cueFor, type Heard, tones } from "./cues";

const at = (phase: string, more: Partial<Heard> = {}): Heard => ({ phase, talking: phase === "talking", lost: false, ...more });

describe("cueFor", () => {
  it.each([
    ["idle", "calling", null],
    ["calling", "talking", "answered"],
    ["calling", "idle", "ended"],
    ["talking", "wrap_up", "ended"],
    ["wrap_up", "idle", null],
    ["idle", "ringing", "incoming"],
    ["ringing", "talking", "answered"],
    ["ringing", "idle", null],
    ["talking", "talking", null],
  ] as const)("%s to %s is %s", (before, now, cue) => expect(cueFor(at(before), at(now))).toBe(cue));

  it("tells of a lost connection once, and before anything else", () => {
    expect(cueFor(at("talking"), at("talking", { lost: true }))).toBe("lost");
    expect(cueFor(at("talking", { lost: true }), at("talking", { lost: true }))).toBeNull();
    expect(cueFor(at("talking", { lost: true }), at("talking"))).toBeNull();
  });

  it("has a tone of its own for each, short of two seconds", () => {
    const all = Object.values(tones);
    expect(new Set(all.map((t) => JSON.stringify(t))).size).toBe(all.length);
    for (const t of all.flat()) expect(t.at + t.for).toBeLessThan(2);
  });
});
