import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useCalls, useDesks, useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import { Problem } from "../../api/problem";
import type { Call, Desk } from "../../api/types";
import type { Announcement, AwayReason, Phase } from "../../keys/keymap";
import { keys } from "../../live/apply";
import { useLink } from "../../live/Live";

/** The desk a person sits at, with what it is doing. */
export interface MyDesk {
  desk: Desk;
  call: Call | undefined;
  phase: Phase;
  /** The attempt the result form is for: the talk going on, or the one whose result is owed. */
  attempt: string | undefined;
}

/** Finds the desk the signed-in person sits at; null when at none, undefined while that is not known. */
export function useMyDesk(): MyDesk | null | undefined {
  const me = useSession().user.id;
  const { data: desks } = useDesks();
  const { data: calls } = useCalls();
  if (!desks) return undefined;
  const desk = desks.find((d) => d.operator === me);
  if (!desk) return null;
  const call = calls?.find((c) => c.desk === desk.id && c.state !== "ended");
  const phase = phaseOf(desk, call);
  const talked = phase === "talking" ? call?.id : phase === "wrap_up" ? (desk.call_id ?? undefined) : undefined;
  return { desk, call, phase, attempt: talked };
}

/** What a desk is doing, as far as keys and the form go. */
export function phaseOf(desk: Desk, call: Call | undefined): Phase {
  if (desk.state === "wrap_up" || desk.state === "away") return desk.state;
  if (call) return call.state === "talking" || (call.state === "ending" && call.answered_at) ? "talking" : "calling";
  if (desk.state === "in_call") return "calling";
  return desk.ringing ? "ringing" : "idle";
}

/** Whether the network of a number that we dial may be speaking. */
export const announces = (call: Call | undefined): call is Call =>
  call?.direction === "outbound" && (call.state === "talking" || (call.state === "calling_customer" && !!call.ringing_at));

const patience = 700; // milliseconds that the server has to present the next case by itself
const soon = 1_000; // a store that was busy for a moment is asked again so soon, then after twice as long each time
const again = 20_000; // and an empty line so often at last

/**
 * Makes the next case stand at a ready desk. After a call the server does that by itself; this is for the moment of
 * sitting down, and for a line that was empty. Presenting never dials. Returns why there is none.
 */
export function usePresented(mine: MyDesk): unknown {
  const { state: link } = useLink();
  const [refusal, setRefusal] = useState<unknown>(null);
  const { id, case_id, state } = mine.desk;
  const wanted = state === "ready" && !case_id && mine.phase === "idle" && link === "live";
  useEffect(() => {
    if (!wanted) {
      setRefusal(null);
      return;
    }
    let timer = setTimeout(ask, patience);
    let wait = soon;
    async function ask() {
      try {
        await kakeru.presentNext(id, {});
      } catch (error) {
        // A desk that is busy for a moment will say itself when it is ready.
        if (!(error instanceof Problem && error.rule === "desk_busy")) setRefusal(error);
        timer = setTimeout(ask, wait);
        wait = Math.min(2 * wait, again);
      }
    }
    return () => clearTimeout(timer);
  }, [wanted, id]);
  return refusal;
}

/** What an operator can ask of the telephone, and what the server refused last. */
export function useTelephone(mine: MyDesk) {
  const client = useQueryClient();
  const [refusal, setRefusal] = useState<unknown>(null);
  const [asking, setAsking] = useState(false);
  const busy = useRef(false);
  const { id: desk, case_id: caseID } = mine.desk;

  // A transfer that ends while the talk is still ours has failed, unless we took the call back.
  const [missed, setMissed] = useState("");
  const before = useRef<{ id?: string | undefined; to?: string | undefined }>({});
  const takenBack = useRef(false);
  const { id: callID, transfer_to: to } = mine.call?.state === "talking" ? mine.call : { id: undefined, transfer_to: undefined };
  useEffect(() => {
    const was = before.current;
    before.current = { id: callID, to };
    if (to) {
      takenBack.current = false;
      setMissed("");
    } else if (!callID || callID !== was.id) setMissed("");
    else if (was.to) setMissed(takenBack.current ? "" : was.to);
  }, [callID, to]);

  // A refusal is about the case that stood there; with the next one, or a call, it has had its day.
  useEffect(() => setRefusal(null), [caseID, mine.call?.id]);

  /** One thing at a time: what is pressed meanwhile is not meant twice. */
  async function ask(request: () => Promise<unknown>) {
    if (busy.current) return;
    busy.current = true;
    setAsking(true);
    await send(request);
    busy.current = false;
    setAsking(false);
  }

  /** For what may be asked twice, and at once with something else. */
  async function send(request: () => Promise<unknown>) {
    setRefusal(null);
    try {
      await request();
    } catch (error) {
      setRefusal(error);
      // Whatever the panel believed was wrong: look again.
      for (const key of [keys.desks, keys.calls]) void client.invalidateQueries({ queryKey: key });
    }
  }

  return {
    refusal,
    /** The desk to which a transfer has just failed; empty when none has. */
    missed,
    asking,
    dial: (number?: string) => {
      if (caseID) void ask(() => kakeru.dial(desk, caseID, clickID(), number));
    },
    hangUp: () => {
      const call = mine.call?.id ?? mine.desk.call_id;
      // Not through ask: a hang-up waits for nothing, and pressing twice does no harm.
      if (call) kakeru.hangUp(call).catch(setRefusal);
    },
    /** Notes what is heard; the same once more takes it back. */
    heard: (what: Announcement) => {
      const { call } = mine;
      if (call && announces(call)) void send(() => kakeru.heard(call.id, call.announcement === what ? "none" : what));
    },
    hold: () => {
      const { call } = mine;
      if (call) void send(() => kakeru.hold(call.id, !call.held));
    },
    mute: () => {
      const { call } = mine;
      if (call) void send(() => kakeru.mute(call.id, !call.muted));
    },
    pauseRecording: () => {
      const { call } = mine;
      if (call?.recording) void ask(() => kakeru.pauseRecording(call.id, call.recording === "on"));
    },
    transfer: (to: string, consult: boolean) => {
      const { call } = mine;
      if (call) void ask(() => kakeru.transfer(call.id, to, consult));
    },
    endTransfer: (how: "complete" | "cancel") => {
      const { call } = mine;
      if (!call?.transfer_to) return;
      takenBack.current = how === "cancel";
      void ask(() => kakeru.endTransfer(call.id, how));
    },
    nameCase: (id: string) => {
      const call = mine.attempt;
      if (call) void ask(() => kakeru.nameCase(call, id));
    },
    checkHistory: (id: string) =>
      void ask(async () => {
        await kakeru.checkHistory(id);
        await client.invalidateQueries({ queryKey: keys.case(id) });
      }),
    skip: () => void ask(() => kakeru.presentNext(desk, { skip: true })),
    goAway: (reason: AwayReason) =>
      void ask(async () => {
        await kakeru.goAway(desk, reason);
        void client.invalidateQueries({ queryKey: keys.desks }); // the frame tells it anyway: the next press waits for no second answer
      }),
    comeBack: () =>
      void send(async () => {
        await kakeru.comeBack(desk);
        void client.invalidateQueries({ queryKey: keys.desks }); // the frame tells it anyway: the next press waits for no second answer
      }),
    present: (id: string) => void ask(() => kakeru.presentNext(desk, { case_id: id })),
  };
}

export type Telephone = ReturnType<typeof useTelephone>;

/** A name for one click, so that a click sent twice stays one call. */
function clickID(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
