import type { NoteCallIn } from "../../api/types";
import { tokyoDate } from "../../format/time";
import { type Draft, entryOf } from "../desk/draft";

/** The connection results that somebody with a receiver at the ear can tell. */
export const handResults = ["answered", "no_answer", "busy", "unallocated", "number_changed", "out_of_reach", "refused"] as const;

/** A call that was made or taken without this system, as it is typed. */
export interface HandCall {
  direction: "outbound" | "inbound";
  /** Empty: of no case. */
  caseID: string;
  /** The mark of the number that was called among the case's; empty while none is chosen. */
  mark: string;
  /** The caller's, where it is known. */
  number: string;
  /** HH:MM of today, in Tokyo. */
  at: string;
  result: (typeof handResults)[number] | "";
  draft: Draft | null;
}

/** A form as it stands before anything was typed. */
export function nothingYet(now: number, caseID = ""): HandCall {
  return { direction: "outbound", caseID, mark: "", number: "", at: clockInTokyo(now), result: "", draft: null };
}

const clock = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Tokyo", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

function clockInTokyo(now: number): string {
  return clock.format(now);
}

/** Whether there was a talk, of which something is to be recorded. */
export const talked = (call: HandCall): boolean => call.direction === "inbound" || call.result === "answered";

// The minute under way has begun, and a call of ours may have ended in it: this one came after. A second is left for the clocks.
function instant(at: string, now: number): string {
  const minute = `${tokyoDate(now)}T${at || "00:00"}:00+09:00`;
  return at === clockInTokyo(now) ? new Date(Math.max(Date.parse(minute), now - 1000)).toISOString() : minute;
}

/** What is sent. Of a call that reached nobody there is no talk to tell of. */
export function bodyOf(call: HandCall, draft: Draft, now: number, confirmed: boolean): NoteCallIn {
  return {
    direction: call.direction,
    at: instant(call.at, now),
    ...(call.caseID ? { case_id: call.caseID } : {}),
    ...(call.direction === "outbound"
      ? { ...(call.result ? { result: call.result } : {}), ...(call.mark ? { number_mark: call.mark } : {}) }
      : call.number.trim()
        ? { number: call.number.trim() }
        : {}),
    ...(talked(call) ? entryOf(draft, confirmed ? ["above_balance"] : []) : {}),
  };
}
