import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import * as kakeru from "../../api/kakeru";
import type { Identifier, Identity } from "../../api/types";
import type { Party } from "../../keys/keymap";
import { useProblemText } from "../../parts/useWords";

/** Whom the debt may be talked about with: the person, and as long as nothing else was said, whoever was known as them. */
export const mayBeThePerson = (party: Party | "") => party === "" || party === "self";

/** What was ticked off with one more, or without it, in the order of the form. */
export function ticked(allowed: readonly Identifier[], now: readonly Identifier[], it: Identifier): Identifier[] {
  return allowed.filter((a) => (a === it ? !now.includes(a) : now.includes(a)));
}

/**
 * 本人確認 in a talk: what was ticked off, kept in step with the server, which shows the debt and writes each showing down. With
 * anybody but the person it is hidden again. A call that turns out to be about another case begins from nothing.
 */
export function useIdentity(attempt: string | undefined, about: string | undefined, check: Identity | undefined, party: Party | "") {
  const client = useQueryClient();
  const say = useProblemText();
  const [held, setHeld] = useState<{ attempt: string; about: string | undefined; ticks: Identifier[] } | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const ticks = attempt && held?.attempt === attempt && held.about === about ? held.ticks : (check?.confirmed ?? []);
  const latest = useRef(ticks); // as the draft of a result (useResult)
  latest.current = ticks;
  const enough = !!check && check.needed > 0 && ticks.length >= check.needed && mayBeThePerson(party);
  const wanted = (enough ? ticks : []).join();
  const told = (check?.shown ? check.confirmed : []).join();

  useEffect(() => {
    if (!attempt || !check || check.needed === 0 || wanted === told) return;
    setFailure(null);
    kakeru
      .confirmIdentity(attempt, enough ? ticks : [], party)
      .then(() => client.invalidateQueries({ queryKey: ["case"] }))
      .catch(setFailure);
  }, [attempt, wanted, told]);

  return {
    ticks,
    problem: failure ? say(failure) : "",
    /** Ticks one off or takes it back; returns what is ticked off then. */
    toggle(it: Identifier): Identifier[] {
      const next = ticked(check?.allowed ?? [], latest.current, it);
      latest.current = next;
      if (attempt) setHeld({ attempt, about, ticks: next });
      return next;
    },
  };
}
