import { elapsed } from "../format/time";
import { useServerNow } from "../live/clock";

/** How long it has been since a time, running, by the server's clock. Silent for screen readers: it would never stop. */
export function RunningClock({ since, className }: { since: string; className?: string | undefined }) {
  const now = useServerNow();
  return (
    <span className={`digits ${className ?? ""}`} role="timer" aria-live="off">
      {elapsed(now - Date.parse(since))}
    </span>
  );
}
