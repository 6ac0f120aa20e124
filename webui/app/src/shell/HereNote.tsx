import { useEffect } from "react";
import { useQueryClient } from "@tanstack/react-query";
import * as kakeru from "../api/kakeru";
import { keys } from "../live/apply";

const every = 60_000; // milliseconds between two words of it, at least

/** Tells the server that a supervisor is there (仕様書 7(6)): when key or mouse were touched, never which, and once a minute at most. It ends
 * no break: that is for them to say. */
export function HereNote() {
  const client = useQueryClient();
  useEffect(() => {
    let told = 0;
    const touch = () => {
      if (Date.now() - told < every) return;
      const onBreak = client.getQueryData<Awaited<ReturnType<typeof kakeru.getSupervisorsHere>>>(keys.supervisors)?.people.some((p) => p.mine && p.break);
      if (onBreak) return;
      told = Date.now();
      kakeru.supervisorHere(0, false).then((now) => client.setQueryData(keys.supervisors, now)).catch(() => (told = 0)); // the next touch tells as much
    };
    // Whether one is on a break must be known before the first word: it would end it.
    void client.fetchQuery({ queryKey: keys.supervisors, queryFn: kakeru.getSupervisorsHere }).then(touch, touch);
    const signs = ["keydown", "pointerdown", "pointermove"] as const;
    for (const sign of signs) addEventListener(sign, touch, { capture: true, passive: true });
    return () => {
      for (const sign of signs) removeEventListener(sign, touch, { capture: true });
    };
  }, [client]);
  return null;
}
