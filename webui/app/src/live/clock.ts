import { useEffect, useState } from "react";

// How far the server's clock is ahead of this machine's. A frame's time is always a little old when it comes, never
// from the future: so the greatest difference seen is the closest to the truth.
let ahead: number | null = null;

/** Learns the server's clock from a time it has just sent. */
export function observeServerTime(at: string): void {
  const difference = Date.parse(at) - Date.now();
  if (Number.isNaN(difference)) return;
  if (ahead === null || difference > ahead) ahead = difference;
}

/** Forgets what was learnt: after a new connection this machine's clock may have been set. */
export function forgetServerTime(): void {
  ahead = null;
}

/** Now, by the server's clock, in milliseconds since 1970. */
export function serverNow(): number {
  return Date.now() + (ahead ?? 0);
}

/** Now, by the server's clock, again and again: for running clocks. */
export function useServerNow(everyMilliseconds = 500): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), everyMilliseconds);
    return () => clearInterval(timer);
  }, [everyMilliseconds]);
  return now;
}
