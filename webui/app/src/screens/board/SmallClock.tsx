import { useEffect, useRef } from "react";
import { elapsed } from "../../format/time";
import { serverNow } from "../../live/clock";

// The clocks on the screen. One timer writes them all: two hundred that each drew themselves anew would cost more than every event.
const running = new Map<HTMLElement, number>();
let timer: ReturnType<typeof setInterval> | undefined;

function write(at: HTMLElement, since: number) {
  const text = elapsed(serverNow() - since);
  if (at.textContent !== text) at.textContent = text;
}

/** How long it has been since a time, as RunningClock, for many at once. */
export function SmallClock({ since, className }: { since: string; className?: string | undefined }) {
  const at = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const span = at.current!;
    running.set(span, Date.parse(since));
    write(span, Date.parse(since));
    timer ??= setInterval(() => running.forEach((began, clock) => write(clock, began)), 1_000);
    return () => {
      running.delete(span);
      if (running.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  }, [since]);
  return <span ref={at} className={`digits ${className ?? ""}`} role="timer" aria-live="off" />;
}
