import { useEffect, useRef, useState } from "react";
import { useSession } from "../api/hooks";
import { useLink } from "../live/Live";
import { useMyDesk } from "../screens/desk/useDesk";
import { cueFor, type Heard, play, setCues, wantsCues } from "./cues";

/** Sounds what happens at one's desk, for who wants it; and the switch for that. */
export function useCues(): [on: boolean, set: (on: boolean) => void] {
  const { user } = useSession();
  const mine = useMyDesk();
  const { state } = useLink();
  const [on, setOn] = useState(() => wantsCues(user.id));
  const phase = mine?.phase ?? "";
  const talking = phase === "talking" && mine?.call?.state === "talking";
  const lost = state === "lost";
  const before = useRef<Heard>({ phase, talking, lost });
  useEffect(() => {
    const now = { phase, talking, lost };
    const cue = cueFor(before.current, now);
    before.current = now;
    if (on && cue && phase) play(cue);
  }, [phase, talking, lost, on]);
  return [
    on,
    (next) => {
      setCues(user.id, next);
      setOn(next);
      if (next) play("answered"); // so that one hears what one has switched on
    },
  ];
}
