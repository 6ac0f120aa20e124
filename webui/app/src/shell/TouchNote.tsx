import { useEffect, useRef } from "react";
import * as kakeru from "../api/kakeru";
import { useMyDesk } from "../screens/desk/useDesk";

const every = 30_000; // milliseconds between two words of it, at least

/** Tells the server when key or mouse were last touched at one's desk: never which, and not more often than every half minute. */
export function TouchNote() {
  const desk = useMyDesk()?.desk.id;
  const told = useRef(0);
  useEffect(() => {
    if (!desk) return;
    let touched = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = () => {
      timer = undefined;
      told.current = Date.now();
      kakeru.tellTouched(desk, Math.round((Date.now() - touched) / 1_000)).catch(() => undefined); // the next one tells as much
    };
    const touch = () => {
      touched = Date.now();
      timer ??= setTimeout(tell, Math.max(0, told.current + every - touched));
    };
    for (const sign of ["keydown", "pointerdown"] as const) addEventListener(sign, touch, { capture: true, passive: true });
    return () => {
      clearTimeout(timer);
      for (const sign of ["keydown", "pointerdown"] as const) removeEventListener(sign, touch, { capture: true });
    };
  }, [desk]);
  return null;
}
