import type { Phase } from "../../keys/keymap";

/** A moment of the desk whose keys stand together. */
export type Group = "idle" | "calling" | "talking" | "form" | "away" | "always";

/** The keys of each moment: the key, and the name of what it does (help.key.NAME). */
export const keysOf = {
  idle: [
    ["Enter", "dial"], ["K", "check_history"], ["S", "skip"], ["O", "asked"], ["/", "find"], ["Z", "undo"], ["C", "copy"], ["M", "by_hand"],
    ["B", "away"], ["B → 1–6", "away_reason"],
  ],
  calling: [["Esc / H", "hang_up"], ["N P M E Q", "heard"], ["F4", "keypad"]],
  talking: [
    ["Esc / H", "hang_up"], ["F7", "voicemail"], ["8", "hold"], ["9", "mute"], ["0", "transfer"], ["-", "pause_recording"],
    ["E", "complete_transfer"], ["Q", "cancel_transfer"], ["F4", "keypad"],
  ],
  form: [
    ["⇧1 …", "identify"], ["N", "note"], ["M", "amount"], ["P", "due_on"], [".", "next_bank_day"], [",", "split"], ["V", "call_again"],
    ["F6", "told"], ["F8", "next_language"], ["F9", "do_not_call"], ["[ ] ; :", "kind"], ["Esc", "leave_field"], ["Enter", "save"],
    ["Ctrl + Enter", "save_from_note"],
  ],
  away: [["Enter / B", "back"]],
  always: [["F2", "scripts"], ["?", "help"]],
} as const satisfies Record<Group, readonly (readonly [string, string])[]>;

/** The moments in the order in which they stand: that of now first. */
export function inOrder(phase: Phase | undefined): Group[] {
  const now: Record<Phase, Group[]> = {
    ringing: ["always"], idle: ["idle"], away: ["away"], calling: ["calling"], talking: ["talking", "form"], wrap_up: ["form"],
  };
  const first = phase ? now[phase] : [];
  return [...first, ...(["idle", "calling", "talking", "form", "away", "always"] as const).filter((g) => !first.includes(g))];
}

/** Whether the results and parties are chosen now: then their letters come before the moments that are not now. */
export const choosing = (phase: Phase | undefined) => phase === "talking" || phase === "wrap_up";
