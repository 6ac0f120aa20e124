import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useSession } from "../api/hooks";
import * as kakeru from "../api/kakeru";
import type { Session } from "../api/types";
import { keys } from "../live/apply";
import { useMyDesk } from "../screens/desk/useDesk";

/** Masks the screen. The server is told first, so that a reload does not lift it; while it is away the screen is masked all the same. */
export function useLock(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await kakeru.lockScreen().catch(() => undefined);
    client.setQueryData<Session | null>(keys.session, (s) => (s ? { ...s, locked: true } : s));
    // What was read of people goes from memory too; the talk's own state stays.
    client.removeQueries({ predicate: (q) => !kept.has(String(q.queryKey[0])) });
  };
}

const kept = new Set([keys.session, keys.desks, keys.calls, keys.hours, keys.lineUp, keys.alerts].map(([name]) => name as string));

const signs = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;
const lookEvery = 1_000;

/** Locks when nobody touches key or mouse for the time of the role. A talk is somebody being there: the time begins at its end. */
export function IdleWatch() {
  const after = useSession().lock_after_seconds * 1_000;
  const mine = useMyDesk();
  const busy = mine?.phase === "calling" || mine?.phase === "talking" || mine?.phase === "ringing";
  const lock = useLock();
  const touched = useRef(Date.now());
  const now = useRef({ busy, lock });
  now.current = { busy, lock };
  useEffect(() => {
    if (after === 0) return;
    touched.current = Date.now();
    let asked = false;
    const touch = () => {
      touched.current = Date.now();
    };
    for (const sign of signs) window.addEventListener(sign, touch, { capture: true, passive: true });
    const timer = setInterval(() => {
      if (now.current.busy) touch();
      if (asked || Date.now() - touched.current < after) return;
      asked = true;
      void now.current.lock();
    }, lookEvery);
    return () => {
      clearInterval(timer);
      for (const sign of signs) window.removeEventListener(sign, touch, { capture: true });
    };
  }, [after]);
  return null;
}
