import { useEffect, useState } from "react";
import { noPerson, type Party } from "../../keys/keymap";
import { chooseParty, type Draft } from "./draft";
import type { MyDesk, Telephone } from "./useDesk";

interface Filling {
  readonly draft: Draft;
  change(draft: Draft): void;
  save(): Promise<void>;
}

/**
 * One press for a call that a machine took: it says so, ends the call, and saves the result once the call has ended. Undefined where
 * somebody is known to be there, and for a call that came in, which owes its kind.
 */
export function useMachineEnd(mine: MyDesk, telephone: Telephone, filling: Filling, cameIn: boolean): (() => void) | undefined {
  const [ending, setEnding] = useState(""); // the attempt to be saved when it has ended
  const { phase, attempt } = mine;
  useEffect(() => {
    if (!ending) return;
    // Between the call's last word and the desk's there is a moment in which no attempt is known.
    if (phase === "idle" || (attempt && attempt !== ending)) return setEnding("");
    if (phase !== "wrap_up") return;
    setEnding("");
    void filling.save();
  }, [ending, phase, attempt]);
  const { party } = filling.draft;
  if (!attempt || cameIn || (party && !noPerson.includes(party))) return undefined;
  return () => {
    const now = filling.draft;
    filling.change(chooseParty(now, (now.party || "voicemail") as Party, true));
    if (phase === "talking") telephone.hangUp();
    setEnding(attempt);
  };
}
