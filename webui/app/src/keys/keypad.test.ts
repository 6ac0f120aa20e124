import { describe, expect, it } from "vitest";
import type { Press, Typing } from "./keymap";
import { keypadKey, keypadKeys } from "./keypad";

const press = (key: string, more: Partial<Press> = {}): Press => ({
  key,
  code: "",
  ctrl: false,
  alt: false,
  shift: false,
  repeat: false,
  composing: false,
  ...more,
});

describe("keypadKey", () => {
  it("opens by F4, and by nothing else: # is Shift+3, which ticks something off", () => {
    expect(keypadKey(press("F4"), false, "nowhere")).toBe("open");
    for (const other of ["#", "1", "*", "Escape", "h", "Enter"]) expect(keypadKey(press(other), false, "nowhere")).toBeNull();
  });

  it("sends the telephone's keys while it is open, full-width ones too", () => {
    for (const key of keypadKeys) expect(keypadKey(press(key), true, "button")).toBe(key);
    expect(keypadKey(press("５"), true, "nowhere")).toBe("5");
    for (const other of ["h", "Enter", "Tab", "A", "/"]) expect(keypadKey(press(other), true, "nowhere")).toBeNull();
  });

  it("closes by Escape, which hangs up only when it is closed", () => {
    expect(keypadKey(press("Escape"), true, "nowhere")).toBe("close");
    expect(keypadKey(press("Escape"), false, "nowhere")).toBeNull();
  });

  it.each<Typing>(["line", "text"])("leaves a field that is typed in alone: %s", (typing) => {
    for (const open of [true, false]) for (const key of ["F4", "1", "Escape"]) expect(keypadKey(press(key), open, typing)).toBeNull();
  });

  it("takes no held key and no combination", () => {
    for (const more of [{ repeat: true }, { ctrl: true }, { alt: true }, { composing: true }]) {
      expect(keypadKey(press("1", more), true, "nowhere")).toBeNull();
      expect(keypadKey(press("F4", more), false, "nowhere")).toBeNull();
    }
  });
});
