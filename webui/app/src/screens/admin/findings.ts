import type { DeskTest } from "../../api/types";
import type words from "../../i18n/ja.screens.json";

type Key = keyof (typeof words)["desks"]["found"];

/** One thing that a test call has shown; key is its sentence's. */
export interface Finding {
  key: Key;
  tone: "good" | "bad" | "plain";
  seconds?: string;
  status?: number;
  codec?: string;
  packets?: number;
}

// SIP statuses of phones that have a sentence of their own; all others share one.
const known: Record<number, Key> = {
  404: "status_404", 408: "status_408", 415: "status_415", 480: "status_480", 486: "status_486", 488: "status_488", 503: "status_503", 603: "status_603",
};

const seconds = (ms: number | null) => ((ms ?? 0) / 1000).toFixed(1);

/** What a test call has shown, in the order in which it happened; well when all of it worked. */
export function findings(r: DeskTest): { well: boolean; lines: Finding[] } {
  const lines: Finding[] = [];
  const add = (tone: Finding["tone"], key: Key, values: Omit<Finding, "key" | "tone"> = {}) => lines.push({ key, tone, ...values });
  if (r.registered === null) add("plain", "unknown_registration");
  else add(r.registered ? "good" : "bad", r.registered ? "registered" : "unregistered");
  if (r.rang_after_ms !== null) add("good", "rang", { seconds: seconds(r.rang_after_ms) });
  else if (r.answered_after_ms === null) add("bad", "not_rung");
  if (r.status > 0) add("bad", known[r.status] ?? "status_other", { status: r.status });
  if (r.answered_after_ms !== null) {
    add("good", r.auto ? "answered_itself" : "lifted", { seconds: seconds(r.answered_after_ms) });
    add("good", "codec", { codec: r.codec });
    if (r.reported === null) add("plain", "sent_unreported", { packets: r.sent });
    else add(r.reported ? "good" : "bad", r.reported ? "sent" : "sent_lost", { packets: r.sent });
    add(r.heard > 0 ? "good" : "bad", r.heard > 0 ? "heard" : "not_heard", { packets: r.heard });
  } else if (r.auto && r.end === "no_answer") add("bad", "did_not_answer_itself");
  return { well: r.end === "done" && r.heard > 0 && r.reported !== false, lines };
}
