import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useSession } from "../api/hooks";
import { tell } from "../api/owed";
import { mask } from "../api/session";
import { useMyDesk } from "../screens/desk/useDesk";

/** Masks the screen. The server is told first, so that a reload does not lift it; while it is away it is owed that, and the screen is masked all the same. */
export function useLock(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await tell("lock");
    mask(client);
  };
}

const signs = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;
const lookEvery = 1_000;
const tellEvery = 2_000;

/**
 * Locks when nobody touches key or mouse for the time of the role. A talk is somebody being there: the time begins at its end. A lock is all windows', so what
 * is touched in one counts in all. A machine that slept is locked by the hand that wakes it: the time was over before.
 */
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
    const channel = new BroadcastChannel("kakeru.touched");
    touched.current = Date.now();
    let asked = false;
    let told = 0;
    const here = () => {
      touched.current = Date.now();
      if (Date.now() - told < tellEvery) return;
      told = Date.now();
      channel.postMessage(null);
    };
    const lockWhenOver = () => {
      if (asked || Date.now() - touched.current < after) return;
      asked = true;
      void now.current.lock();
    };
    const touch = () => {
      lockWhenOver();
      if (!asked) here();
    };
    channel.onmessage = () => {
      if (!asked) touched.current = Date.now();
    };
    for (const sign of signs) window.addEventListener(sign, touch, { capture: true, passive: true });
    const timer = setInterval(() => {
      if (now.current.busy) here();
      lockWhenOver();
    }, lookEvery);
    return () => {
      channel.close();
      clearInterval(timer);
      for (const sign of signs) window.removeEventListener(sign, touch, { capture: true });
    };
  }, [after]);
  return null;
}
