import { describe, expect, it } from "vitest";
import {
  announcementKeys, announcements, awayReasons, businesses, businessKeys, commandFor, inboundKinds, kindKeys, parties, type Phase, type Press, type Typing,
} from "./keymap";

const press = (key: string, more: Partial<Press> = {}): Press => ({
  key,
  code: /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : "",
  ctrl: false,
  alt: false,
  shift: false,
  repeat: false,
  composing: false,
  ...more,
});
const phases: Phase[] = ["away", "idle", "ringing", "calling", "talking", "wrap_up"];
const typings: Typing[] = ["nowhere", "line", "text", "button"];

describe("commandFor", () => {
  it("gives every business result a letter of its own, and none that means something else", () => {
    const letters = Object.values(businessKeys);
    expect(new Set(letters).size).toBe(18);
    expect(letters.filter((l) => "CEHMNPQV".includes(l))).toEqual([]);
  });

  it("dials by Enter when nothing is up, and only then", () => {
    expect(commandFor(press("Enter"), "idle", "nowhere")).toEqual({ do: "dial" });
    for (const phase of phases.filter((p) => p !== "idle")) expect(commandFor(press("Enter"), phase, "nowhere")?.do).not.toBe("dial");
  });

  it("never dials by a held key, while typing, or by the Enter of another button", () => {
    expect(commandFor(press("Enter", { repeat: true }), "idle", "nowhere")).toBeNull();
    for (const typing of typings.slice(1)) expect(commandFor(press("Enter"), "idle", typing)).toBeNull();
    expect(commandFor(press("Enter", { ctrl: true }), "idle", "nowhere")).toBeNull();
    expect(commandFor(press("Enter", { composing: true }), "idle", "nowhere")).toBeNull();
  });

  it.each(["h", "H", "Escape"])("hangs up by %s in every live state", (key) => {
    expect(commandFor(press(key), "calling", "nowhere")).toEqual({ do: "hang_up" });
    expect(commandFor(press(key), "talking", "button")).toEqual({ do: "hang_up" });
    expect(commandFor(press(key), "idle", "nowhere")).toBeNull();
    expect(commandFor(press(key), "wrap_up", "nowhere")).toBeNull();
  });

  it("notes the announcement that is heard while it rings, by keys that change nothing once somebody answers", () => {
    expect(new Set(Object.values(announcementKeys)).size).toBe(announcements.length);
    for (const what of announcements) {
      const key = announcementKeys[what];
      expect(commandFor(press(key.toLowerCase()), "calling", "nowhere")).toEqual({ do: "heard", what });
      expect(["focus", "complete_transfer", "cancel_transfer"]).toContain(commandFor(press(key), "talking", "nowhere")?.do);
      expect(commandFor(press(key), "idle", "nowhere")?.do).not.toBe("heard");
      expect(commandFor(press(key), "calling", "line")).toBeNull();
    }
  });

  it("never hangs up from inside a field: Escape leaves the field first", () => {
    expect(commandFor(press("Escape"), "talking", "text")).toEqual({ do: "leave_field" });
    expect(commandFor(press("h"), "talking", "text")).toBeNull();
  });

  it("chooses parties by number keys, also on the number pad and with full-width keys", () => {
    parties.forEach((party, i) => {
      const n = String(i + 1);
      expect(commandFor(press(n), "wrap_up", "nowhere")).toEqual({ do: "party", party });
      expect(commandFor(press("Unidentified", { code: `Numpad${n}` }), "talking", "nowhere")).toEqual({ do: "party", party });
      expect(commandFor(press("１", { code: `Digit${n}` }), "talking", "nowhere")).toEqual({ do: "party", party });
    });
    expect(commandFor(press("8"), "wrap_up", "nowhere")).toBeNull();
    expect(commandFor(press("1"), "idle", "nowhere")?.do).toBe("away_reason");
  });

  it("ticks off by shift and a number how somebody was known, whatever the keyboard makes of it, and chooses no party by that", () => {
    for (const [key, n] of [
      ["!", 1],
      ['"', 2],
      ["@", 2],
      ["&", 6],
    ] as const)
      for (const phase of ["talking", "wrap_up"] as const)
        expect(commandFor(press(key, { code: `Digit${n}`, shift: true }), phase, "nowhere")).toEqual({ do: "identify", nth: n - 1 });
    for (const phase of ["idle", "calling", "ringing"] as const)
      expect(commandFor(press("!", { code: "Digit1", shift: true }), phase, "nowhere")).toBeNull();
    expect(commandFor(press("!", { code: "Digit1", shift: true }), "talking", "text")).toBeNull();
  });

  it("says by K that the history was read, before calling and only then", () => {
    expect(commandFor(press("k"), "idle", "nowhere")).toEqual({ do: "check_history" });
    expect(commandFor(press("k"), "wrap_up", "nowhere")).toEqual({ do: "business", business: "refuses_to_pay" });
    for (const phase of ["calling", "ringing"] as const) expect(commandFor(press("k"), phase, "nowhere")).toBeNull();
  });

  it("says what a call that came in was by one sign each, also with a Japanese input method on, and only where there is a form", () => {
    const wide = { "[": "「", "]": "」", ";": "；", ":": "：" };
    for (const kind of inboundKinds)
      for (const key of [kindKeys[kind], wide[kindKeys[kind]]]) {
        for (const phase of ["talking", "wrap_up"] as const) expect(commandFor(press(key), phase, "nowhere")).toEqual({ do: "kind", kind });
        for (const phase of ["idle", "ringing", "calling"] as const) expect(commandFor(press(key), phase, "nowhere")).toBeNull();
        expect(commandFor(press(key), "wrap_up", "text")).toBeNull();
      }
  });

  it("goes to note a call by hand by M while nothing is up; in the form M is the amount", () => {
    expect(commandFor(press("m"), "ringing", "nowhere")).toBeNull();
    expect(commandFor(press("m"), "idle", "nowhere")).toEqual({ do: "by_hand" });
    expect(commandFor(press("m"), "wrap_up", "nowhere")).toEqual({ do: "focus", field: "amount" });
  });

  it("looks the ward's texts up by F2, whatever the desk is doing", () => {
    for (const phase of phases)
      for (const typing of typings) expect(commandFor(press("F2"), phase, typing)).toEqual({ do: "scripts" });
    expect(commandFor(press("F2", { composing: true }), "talking", "text")).toBeNull();
    expect(commandFor(press("F2", { alt: true }), "talking", "nowhere")).toBeNull();
  });

  it("chooses business results by their letters", () => {
    for (const business of businesses)
      expect(commandFor(press(businessKeys[business].toLowerCase()), "wrap_up", "nowhere")).toEqual({ do: "business", business });
  });

  it.each([
    ["F6", "told"],
    ["F8", "next_language"],
    ["F9", "do_not_call"],
  ] as const)("%s is %s in the form, and nothing else, nor while an input method is composing", (key, what) => {
    for (const phase of ["talking", "wrap_up"] as const) expect(commandFor(press(key), phase, "nowhere")).toEqual({ do: "more", what });
    for (const phase of ["idle", "ringing", "calling"] as const) expect(commandFor(press(key), phase, "nowhere")).toBeNull();
    expect(commandFor(press(key), "wrap_up", "line")).toBeNull();
    expect(commandFor(press(key, { composing: true }), "wrap_up", "nowhere")).toBeNull();
  });

  it("saves by Enter, and from the note by Ctrl+Enter", () => {
    expect(commandFor(press("Enter"), "wrap_up", "nowhere")).toEqual({ do: "save" });
    expect(commandFor(press("Enter"), "wrap_up", "line")).toEqual({ do: "save" });
    expect(commandFor(press("Enter"), "wrap_up", "text")).toBeNull();
    for (const typing of typings) expect(commandFor(press("Enter", { ctrl: true }), "wrap_up", typing)).toEqual({ do: "save" });
  });

  it("does not save what an input method is still composing, nor while the call is up", () => {
    expect(commandFor(press("Enter", { composing: true }), "wrap_up", "line")).toBeNull();
    expect(commandFor(press("Enter", { ctrl: true }), "talking", "text")).toBeNull();
  });

  it("answers, dials and declines nothing by a key while a call comes in", () => {
    for (const key of ["Enter", "Escape", "h", "s", "1", "y", "8", "0"]) expect(commandFor(press(key), "ringing", "nowhere")).toBeNull();
    expect(commandFor(press("?"), "ringing", "nowhere")).toEqual({ do: "help" });
  });

  it.each([
    ["8", "hold"],
    ["9", "mute"],
    ["0", "transfer"],
    ["-", "pause_recording"],
    ["e", "complete_transfer"],
    ["q", "cancel_transfer"],
  ] as const)("%s does %s in a talk, and in nothing else", (key, what) => {
    expect(commandFor(press(key), "talking", "nowhere")).toEqual({ do: what });
    if (/\d/.test(key)) expect(commandFor(press("Unidentified", { code: `Numpad${key}` }), "talking", "nowhere")).toEqual({ do: what });
    for (const phase of phases.filter((p) => p !== "talking")) expect(commandFor(press(key), phase, "nowhere")?.do ?? "heard").toBe("heard");
    for (const typing of ["line", "text"] as const) expect(commandFor(press(key), "talking", typing)).toBeNull();
    expect(commandFor(press(key, { repeat: true }), "talking", "nowhere")).toBeNull();
  });

  it("leaves the browser's own keys alone", () => {
    for (const key of ["c", "r", "1", "f"])
      for (const phase of phases) expect(commandFor(press(key, { ctrl: true }), phase, "nowhere")).toBeNull();
  });

  it("passes the case over by S only while nothing is up; in the form S is a result", () => {
    expect(commandFor(press("s"), "idle", "nowhere")).toEqual({ do: "skip" });
    expect(commandFor(press("s"), "calling", "nowhere")).toBeNull();
    expect(commandFor(press("o"), "idle", "nowhere")).toEqual({ do: "asked" });
    expect(commandFor(press("o"), "calling", "nowhere")).toBeNull();
    expect(commandFor(press("s"), "wrap_up", "nowhere")).toEqual({ do: "business", business: "other_insurance" });
  });

  it("takes the last result up again by Z or Ctrl+Z while nothing is up; in a field Ctrl+Z is the browser's", () => {
    expect(commandFor(press("z"), "idle", "nowhere")).toEqual({ do: "undo" });
    expect(commandFor(press("z", { ctrl: true }), "idle", "nowhere")).toEqual({ do: "undo" });
    for (const typing of ["line", "text"] as const) for (const ctrl of [true, false]) expect(commandFor(press("z", { ctrl }), "idle", typing)).toBeNull();
    expect(commandFor(press("z", { ctrl: true, shift: true }), "idle", "nowhere")).toBeNull();
    expect(commandFor(press("z"), "wrap_up", "nowhere")).toEqual({ do: "business", business: "already_paid" });
    for (const phase of ["away", "ringing", "calling"] as const) expect(commandFor(press("z"), phase, "nowhere")).toBeNull();
  });

  it("ends a call that a machine took by F7, and only where there is a form", () => {
    for (const phase of phases) {
      const form = phase === "talking" || phase === "wrap_up";
      expect(commandFor(press("F7"), phase, "nowhere")).toEqual(form ? { do: "voicemail" } : null);
      for (const typing of ["line", "text"] as const) expect(commandFor(press("F7"), phase, typing)).toBeNull();
      expect(commandFor(press("F7", { repeat: true }), phase, "nowhere")).toBeNull();
    }
  });

  it("asks by B why one goes away, takes a number for it, and comes back by B or Enter; away nothing else is done", () => {
    expect(commandFor(press("b"), "idle", "nowhere")).toEqual({ do: "away" });
    awayReasons.forEach((_, nth) => expect(commandFor(press(String(nth + 1)), "idle", "nowhere")).toEqual({ do: "away_reason", nth }));
    expect(commandFor(press("7"), "idle", "nowhere")).toBeNull();
    for (const key of ["b", "Enter"]) expect(commandFor(press(key), "away", "nowhere")).toEqual({ do: "back" });
    for (const key of ["1", "s", "k", "m", "z", "c", "h", "Escape", "y"]) expect(commandFor(press(key), "away", "nowhere")).toBeNull();
    for (const phase of ["ringing", "calling"] as const) expect(commandFor(press("b"), phase, "nowhere")).toBeNull();
  });

  it("shows help by ? and finds cases by /, with full-width keys too", () => {
    for (const key of ["?", "？"]) expect(commandFor(press(key), "idle", "nowhere")).toEqual({ do: "help" });
    for (const key of ["/", "／"]) expect(commandFor(press(key), "idle", "nowhere")).toEqual({ do: "search" });
    expect(commandFor(press("?"), "idle", "line")).toBeNull();
  });
});
