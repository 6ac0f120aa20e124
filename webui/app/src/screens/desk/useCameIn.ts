import { useRef } from "react";
import { useAttempt } from "../../api/hooks";
import type { MyDesk } from "./useDesk";

/**
 * Whether the desk's call came in, also while its result is owed. What the live call said stands for as long as the attempt does: between
 * its end and what the record then answers the form would else lose its kinds, and the keys that choose them.
 */
export function useCameIn({ attempt, call, phase }: MyDesk): boolean {
  const known = useRef({ attempt: "", direction: "" });
  const { data: owed } = useAttempt(phase === "wrap_up" ? attempt : undefined);
  const direction = (call ?? owed)?.direction;
  if (attempt && direction) known.current = { attempt, direction };
  return !!attempt && known.current.attempt === attempt && known.current.direction === "inbound";
}
