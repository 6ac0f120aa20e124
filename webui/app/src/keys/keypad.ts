import type { Press, Typing } from "./keymap";

/** The keys of a telephone as they stand on it. */
export const keypadKeys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"] as const;
export type KeypadKey = (typeof keypadKeys)[number];

/**
 * Says what a key means to the keypad of a call that is up; null leaves it to the desk. F4 opens it: # is Shift and a number, which ticks off who somebody is. While it is open
 * digits, * and # go out and Escape closes it; nothing goes out of a field that somebody types in.
 */
export function keypadKey(press: Press, open: boolean, typing: Typing): "open" | "close" | KeypadKey | null {
  if (press.composing || press.alt || press.ctrl || press.repeat || typing === "line" || typing === "text") return null;
  const key = press.key.normalize("NFKC"); // a full-width key is the same key
  if (!open) return key === "F4" ? "open" : null;
  if (key === "Escape") return "close";
  return keypadKeys.find((k) => k === key) ?? null;
}
