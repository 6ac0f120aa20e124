import type { Business, InboundKind, Party } from "../../keys/keymap";
import type { Entry, EntryIn, Handoff, NextDay } from "../../api/types";
import { parseYen } from "../../format/yen";
import { fromLocalField, toLocalField } from "../../format/time";

/** What stands in the result form, as typed. It outlives a reload and a lost connection; saving or signing out ends it. */
export interface Draft {
  party: Party | "";
  business: Business[];
  amount: string;
  dueOn: string;
  means: string;
  /** The promise by insurance and term, amounts as typed; null for one that is not split. */
  parts?: DraftPart[] | null;
  note: string;
  callAgain: string;
  mine: boolean;
  /** What a call that came in was. */
  kind?: InboundKind;
  /** What the ward is told with each hand-off that follows, as typed. */
  told?: Partial<Record<Handoff["kind"], string>>;
  /** The language that the debtor speaks; empty while none was chosen. */
  spoken?: string;
  /** The number that was called is not to be called again. */
  doNotCall?: boolean;
}

/** One insurance and term of a promise that is split. */
export interface DraftPart {
  insurance: "kokuho" | "kouki";
  term: string;
  amount: string;
}

/** The ways to pay that a promise can name. */
export const means = ["slip", "convenience", "bank", "account_transfer", "counter", "online"] as const;

/** What can be said when nobody was there to talk to. */
export const withoutPerson: readonly Business[] = ["message_left", "not_in", "wrong_number", "hung_up", "call_back"];

/** The hand-offs that results lead to, as the server has them follow. */
export const handedOn: Partial<Record<Business, Handoff["kind"]>> = {
  instalments: "instalments",
  slip_reissue: "slip_reissue",
  wrong_number: "discrepancy",
  complaint: "complaint",
  moved_or_deceased: "moved_or_deceased",
  hardship: "hardship",
  other_insurance: "other_insurance",
};

/** The hand-offs of the results chosen, in their order. */
export const passedOn = (business: readonly Business[]) => business.flatMap((b) => handedOn[b] ?? []);

/** The languages that can be wanted; und is another. */
export const languages = ["en", "zh", "vi", "und", "ja"] as const;

/** Whether somebody may have asked not to be called again. */
export const asksDoNotCall = (business: readonly Business[]) => business.includes("refuses_to_pay") || business.includes("complaint");

/** Whether there is more to say of the results chosen. */
export const hasMore = (business: readonly Business[]) => passedOn(business).length > 0 || business.includes("language") || asksDoNotCall(business);

/** An empty form, with a promise proposed: all that is owed, on the day given. */
export function emptyDraft(totalYen: number, dueOn: string): Draft {
  return {
    party: "",
    business: [],
    amount: totalYen > 0 ? totalYen.toLocaleString("ja-JP") : "",
    dueOn,
    means: "slip",
    parts: null,
    note: "",
    callAgain: "",
    mine: false,
  };
}

/** A form that shows what was recorded before, to be corrected. */
export function draftOf(entry: Entry, proposed: Draft): Draft {
  return {
    ...proposed,
    party: entry.party,
    business: entry.business_results,
    note: entry.note ?? "",
    callAgain: entry.call_again_at ? toLocalField(entry.call_again_at) : "",
    mine: entry.mine,
    ...(entry.kind ? { kind: entry.kind } : {}),
    ...(entry.language ? { spoken: entry.language } : {}),
    ...(entry.promise
      ? { amount: entry.promise.amount_yen.toLocaleString("ja-JP"), dueOn: entry.promise.due_on, means: entry.promise.means, parts: partsOf(entry.promise.parts ?? []) }
      : {}),
  };
}

function partsOf(parts: { insurance: "kokuho" | "kouki"; term: string; amount_yen: number }[]): DraftPart[] | null {
  if (parts.length === 0) return null;
  return parts.map((p) => ({ insurance: p.insurance, term: p.term, amount: p.amount_yen.toLocaleString("ja-JP") }));
}

/** The entry to send. What does not belong to the results chosen stays behind. An amount nobody can read goes as 0, which the server refuses. */
export function entryOf(draft: Draft, confirm: string[] = []): EntryIn {
  const parts = (draft.parts ?? [])
    .map((p) => ({ insurance: p.insurance, term: p.term, amount_yen: p.amount.trim() === "" ? 0 : (parseYen(p.amount) ?? -1) }))
    .filter((p) => p.amount_yen !== 0);
  const callAgain = fromLocalField(draft.callAgain);
  return {
    party: draft.party,
    business_results: draft.business,
    ...(draft.business.includes("promise")
      ? { promise: { amount_yen: parseYen(draft.amount) ?? 0, due_on: draft.dueOn, means: draft.means, ...(parts.length > 0 ? { parts } : {}) } }
      : {}),
    ...(confirm.length > 0 ? { confirm } : {}),
    ...(draft.kind ? { kind: draft.kind } : {}),
    ...(draft.note.trim() ? { note: draft.note.trim() } : {}),
    ...(callAgain ? { call_again_at: callAgain, mine: draft.mine } : {}),
    ...moreOf(draft),
  };
}

function moreOf({ business, told, spoken, doNotCall }: Draft): Pick<EntryIn, "handoffs" | "language" | "do_not_call"> {
  const handoffs = passedOn(business).flatMap((kind) => (told?.[kind]?.trim() ? { kind, text: told[kind].trim() } : []));
  const language = business.includes("language") && languages.find((l) => l === spoken);
  return {
    ...(handoffs.length > 0 ? { handoffs } : {}),
    ...(language ? { language } : {}),
    ...(doNotCall && asksDoNotCall(business) ? { do_not_call: true } : {}),
  };
}

/** The form after a party was chosen. With nobody there, what needs a person goes, and 本人不在 is proposed. */
export function chooseParty(draft: Draft, party: Party, nobody: boolean): Draft {
  if (!nobody) return { ...draft, party };
  const business = draft.business.filter((b) => withoutPerson.includes(b));
  return { ...draft, party, business: business.length > 0 ? business : ["not_in"] };
}

/** The form after a business result was pressed: chosen last, or taken away. The first one stays the primary one. */
export function toggleBusiness(draft: Draft, business: Business): Draft {
  const chosen = draft.business.includes(business);
  return {
    ...draft,
    business: chosen ? draft.business.filter((b) => b !== business) : [...draft.business, business],
  };
}

/** The form after a kind was pressed. A complaint is a result too: it comes with the kind, and goes with it. */
export function chooseKind(draft: Draft, kind: InboundKind): Draft {
  const business = draft.kind === "complaint" || kind === "complaint" ? draft.business.filter((b) => b !== "complaint") : draft.business;
  return { ...draft, kind, business: kind === "complaint" ? [...business, "complaint"] : business };
}

const morning = "10:00";

/** When somebody is called again who says "tomorrow": at ten of the next opening day, or as soon as it opens later; as a field has it. */
export function nextMorning(next: NextDay | null | undefined): string {
  if (!next) return "";
  const at = next.from > morning ? next.from : morning < next.to ? morning : next.from;
  return `${next.day}T${at}`;
}

const prefix = "kakeru-draft:";
const nameOf = (user: string, attempt: string) => `${prefix}${user}:${attempt}`;

/** Reads what a person had typed for an attempt. */
export function loadDraft(user: string, attempt: string): Draft | null {
  try {
    const text = sessionStorage.getItem(nameOf(user, attempt));
    return text ? (JSON.parse(text) as Draft) : null;
  } catch {
    return null;
  }
}

/** Keeps what is being typed. */
export function keepDraft(user: string, attempt: string, draft: Draft): void {
  try {
    sessionStorage.setItem(nameOf(user, attempt), JSON.stringify(draft));
  } catch {
    // storage is full or forbidden: the form itself still holds it
  }
}

/** Forgets a saved form. */
export function dropDraft(user: string, attempt: string): void {
  try {
    sessionStorage.removeItem(nameOf(user, attempt));
  } catch {
    // nothing was kept
  }
}

/** Forgets every form on this machine but those of one person: they hold what debtors said. */
export function dropDraftsBut(user: string | null): void {
  try {
    for (const name of Object.keys(sessionStorage)) {
      if (name.startsWith(prefix) && (user === null || !name.startsWith(prefix + user + ":"))) sessionStorage.removeItem(name);
    }
  } catch {
    // nothing was kept
  }
}
