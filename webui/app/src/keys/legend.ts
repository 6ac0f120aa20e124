// The few keys that matter now, in the order in which they are pressed. Pure, so that a test can hold every moment against the key map.
import type { Phase } from "./keymap";

/** A moment of the desk, finer than the keys need it. */
export interface Moment {
  phase: Phase;
  /** The call came in, or was handed on. */
  cameIn: boolean;
  /** Somebody is known to be there, or a machine. */
  party: "person" | "machine" | "";
  /** A promise is being noted. */
  promise: boolean;
  /** There is a result of one's own to take up again. */
  undo: boolean;
  /** A case stands there. */
  hasCase: boolean;
  /** A supervisor has paused the desk: there is no way back by a key. */
  paused?: boolean;
}

/** One key with the name of what it does (legend.NAME in the language files). */
export type Hint = readonly [key: string, what: HintName];
export type HintName =
  | "dial" | "read" | "skip" | "find" | "undo" | "away" | "back" | "hang_up" | "heard" | "keypad" | "party" | "identify" | "results" | "voicemail"
  | "hold" | "note" | "call_again" | "save" | "amount" | "due_on" | "kind" | "help" | "handset" | "by_hand";

/** What the desk's legend says, four to six keys and the help. */
export function legendOf(m: Moment): Hint[] {
  const help: Hint = ["?", "help"];
  switch (m.phase) {
    case "away":
      return m.paused ? [help] : [["Enter", "back"], help];
    case "ringing":
      return [["☎", "handset"], help];
    case "idle":
      return [
        ...(m.hasCase ? ([["Enter", "dial"], ["K", "read"], ["S", "skip"]] as const) : ([["M", "by_hand"]] as const)),
        ["/", "find"],
        ...(m.undo ? ([["Z", "undo"]] as const) : []),
        ["B", "away"],
        help,
      ];
    case "calling":
      return [["Esc", "hang_up"], ["N P M E Q", "heard"], help];
    case "talking":
      if (m.party === "machine") return [["D", "results"], ["Esc", "hang_up"], ["N", "note"], help];
      if (m.party === "person" || m.cameIn) {
        return [...(m.cameIn ? ([["[ ] ; :", "kind"]] as const) : []), ["A–Z", "results"], ["V", "call_again"], ["N", "note"], ["8", "hold"], ["Esc", "hang_up"], help];
      }
      return [["⇧1–6", "identify"], ["1–7", "party"], ["F7", "voicemail"], ["8", "hold"], ["Esc", "hang_up"], help];
    case "wrap_up":
      if (m.promise) return [["M", "amount"], ["P", "due_on"], ["N", "note"], ["Enter", "save"], help];
      return [["1–7", "party"], ["A–Z", "results"], ["V", "call_again"], ["N", "note"], ["Enter", "save"], help];
  }
}
