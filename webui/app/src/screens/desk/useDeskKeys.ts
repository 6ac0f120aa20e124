import { useEffect, useRef } from "react";
import { type Command, commandFor, type Phase, type Press, type Typing } from "../../keys/keymap";

/** Sends the keys of the whole page to the operator's desk, unless a window lies over it. */
export function useDeskKeys(phase: Phase, covered: boolean, obey: (command: Command) => void): void {
  const latest = useRef({ phase, covered, obey });
  latest.current = { phase, covered, obey };
  useEffect(() => {
    // A window that closes by this very key is gone before the key comes to the desk: Esc would hang up as well.
    let wasCovered = false;
    const look = () => {
      wasCovered = latest.current.covered;
    };
    const listen = (event: KeyboardEvent) => {
      const { phase, covered, obey } = latest.current;
      if (covered || wasCovered || event.defaultPrevented) return;
      const command = commandFor(pressOf(event), phase, typingIn(event.target));
      if (!command) return;
      event.preventDefault();
      obey(command);
    };
    addEventListener("keydown", look, { capture: true });
    addEventListener("keydown", listen);
    return () => {
      removeEventListener("keydown", look, { capture: true });
      removeEventListener("keydown", listen);
    };
  }, []);
}

export function pressOf(event: KeyboardEvent): Press {
  return {
    key: event.key,
    code: event.code,
    ctrl: event.ctrlKey || event.metaKey,
    alt: event.altKey,
    shift: event.shiftKey,
    repeat: event.repeat,
    composing: event.isComposing || event.keyCode === 229,
  };
}

export function typingIn(target: EventTarget | null): Typing {
  if (!(target instanceof HTMLElement)) return "nowhere";
  if (target instanceof HTMLTextAreaElement || target.isContentEditable) return "text";
  if (target instanceof HTMLSelectElement) return "line";
  if (target instanceof HTMLInputElement) return target.type === "radio" || target.type === "checkbox" ? "nowhere" : "line";
  // The two buttons whose own key is Enter leave it to the desk; any other takes its Enter itself.
  const pressed = target.closest("button, a[href]");
  return pressed && !pressed.hasAttribute("data-desk-key") ? "button" : "nowhere";
}
