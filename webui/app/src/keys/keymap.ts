// What the keys of the operator's desk do. Pure, so that a test can hold every key against every moment.

/** The parties in the order of the number keys 1 to 7. */
export const parties = ["self", "family", "third_party", "voicemail", "recorder", "fax", "silent"] as const;
export type Party = (typeof parties)[number];

/** Those that are a machine or nobody: then there is no talk to describe. */
export const noPerson: readonly Party[] = ["voicemail", "recorder", "fax", "silent"];

/**
 * The business results in the order of the form, each with its letter. The letters follow the Japanese words where
 * they can (Y 約束, Z 済, B 分割, R 再発行, O 折返し, D 伝言, K 拒否, J 苦情, W 番号相違, G 言語, I 案内, F 振替, T 転出,
 * A 不在, U 切断, S 社保, L 生活, X なし) and leave out those that mean something else at the desk: C, E, H, M, N, P, Q, V.
 * A talk is held by 8, muted by 9 and handed on by 0, beside the parties' 1 to 7; E and Q end what 0 began. The
 * hyphen beside them pauses its recording.
 */
export const businessKeys = {
  promise: "Y",
  already_paid: "Z",
  instalments: "B",
  slip_reissue: "R",
  call_back: "O",
  message_left: "D",
  refuses_to_pay: "K",
  complaint: "J",
  wrong_number: "W",
  language: "G",
  information: "I",
  account_transfer: "F",
  moved_or_deceased: "T",
  not_in: "A",
  hung_up: "U",
  other_insurance: "S",
  hardship: "L",
  no_commitment: "X",
} as const;
export type Business = keyof typeof businessKeys;
export const businesses = Object.keys(businessKeys) as Business[];

/** What a call that came in was, each with its sign: every letter is taken by a result. */
export const kindKeys = { call_back_received: "[", inquiry: "]", complaint: ";", other_business: ":" } as const;
export type InboundKind = keyof typeof kindKeys;
export const inboundKinds = Object.keys(kindKeys) as InboundKind[];
/**
 * The announcements of the network, each with its key while it rings. A person may answer in the very moment in which one is
 * pressed: so these are keys that change nothing in the talk's form.
 */
export const announcementKeys = { vacant: "N", carrier_reason: "P", by_request: "M", out_of_reach: "E", refused: "Q" } as const;
export type Announcement = keyof typeof announcementKeys;
export const announcements = Object.keys(announcementKeys) as Announcement[];

/** Why a seat is not worked for a while, in the order of the number keys. */
export const awayReasons = ["break", "errand", "paper", "training", "meeting", "trouble"] as const;
export type AwayReason = (typeof awayReasons)[number];

/** What the operator's desk is doing, as far as keys go. */
export type Phase =
  | "ringing" // a call comes in: the handset answers it, and nothing is dialled
  | "away" // whoever sits there does not work for a while
  | "idle" // a case stands there, or none: nothing is up
  | "calling" // a phone rings
  | "talking" // somebody is there; the form may already be filled in
  | "wrap_up"; // the talk is over and its result is owed

/** Where the typing goes. */
export type Typing = "nowhere" | "line" | "text" | "button";

export interface Press {
  key: string;
  code: string;
  ctrl: boolean;
  alt: boolean;
  shift: boolean;
  repeat: boolean;
  /** An input method is composing: the key is its, not ours. */
  composing: boolean;
}

export type Command =
  | { do: "dial" | "hang_up" | "skip" | "asked" | "copy" | "search" | "scripts" | "help" | "save" | "leave_field" }
  | { do: "hold" | "mute" | "pause_recording" | "transfer" | "complete_transfer" | "cancel_transfer" }
  | { do: "focus"; field: "amount" | "due_on" | "note" | "call_again" }
  | { do: "next_bank_day" | "split" }
  | { do: "more"; what: "told" | "next_language" | "do_not_call" }
  | { do: "heard"; what: Announcement }
  | { do: "check_history" }
  /** Ticks off the nth way in which somebody was known, from 0. */
  | { do: "identify"; nth: number }
  | { do: "party"; party: Party }
  | { do: "business"; business: Business }
  | { do: "kind"; kind: InboundKind }
  | { do: "by_hand" }
  /** Opens the last result of one's own, to give another. */
  | { do: "undo" }
  /** Nobody but a machine was there: the call ends, and its result is saved. */
  | { do: "voicemail" }
  /** Asks why one goes away; the nth reason, from 0, answers; back is the way back. */
  | { do: "away" | "back" }
  | { do: "away_reason"; nth: number };

const fields: Record<string, "amount" | "due_on" | "note" | "call_again"> = {
  M: "amount",
  P: "due_on",
  N: "note",
  V: "call_again",
};

const controls: Record<string, "hold" | "mute" | "transfer" | "complete_transfer" | "cancel_transfer"> = {
  8: "hold",
  9: "mute",
  0: "transfer",
  E: "complete_transfer",
  Q: "cancel_transfer",
};

/** Says what a key means now; null when it means nothing to the desk and the browser may have it. */
export function commandFor(press: Press, phase: Phase, typing: Typing): Command | null {
  if (press.composing || press.alt) return null;
  const form = phase === "talking" || phase === "wrap_up";
  if (press.ctrl) {
    if (press.key === "Enter" && phase === "wrap_up") return { do: "save" };
    return letterOf(press) === "Z" && phase === "idle" && !press.shift && (typing === "nowhere" || typing === "button") ? { do: "undo" } : null;
  }
  if (press.key === "F2" && !press.repeat) return { do: "scripts" };
  if (typing === "line" || typing === "text") return whileTyping(press, phase, typing);
  if (press.repeat) return null;
  if (press.key === "?" || press.key === "？") return { do: "help" };
  if (press.key === "/" || press.key === "／") return { do: "search" };
  if (press.key === "Enter") return enter(phase, typing);
  if (press.key === "Escape") return phase === "calling" || phase === "talking" ? { do: "hang_up" } : null;
  const nth = form && press.shift ? /^Digit([1-6])$/.exec(press.code)?.[1] : undefined;
  if (nth) return { do: "identify", nth: Number(nth) - 1 };
  const letter = letterOf(press);
  if (phase === "away") return letter === "B" ? { do: "back" } : null;
  if (phase === "idle" && !press.shift) {
    const done = whileIdle(letter);
    if (done) return done;
  }
  if (letter === "C") return { do: "copy" };
  if (letter === "H" && (phase === "calling" || phase === "talking")) return { do: "hang_up" };
  const heard = phase === "calling" && announcements.find((a) => announcementKeys[a] === letter);
  if (heard) return { do: "heard", what: heard };
  if (form && press.key === "F7") return { do: "voicemail" };
  if (phase === "talking" && /^[-－ー]$/.test(press.key)) return { do: "pause_recording" };
  if (phase === "talking" && controls[letter]) return { do: controls[letter] };
  const sign = promiseSigns[press.key];
  if (form && sign) return { do: sign };
  const kind = kindSigns[press.key];
  if (form && kind) return { do: "kind", kind };
  const more = moreKeys[press.key];
  if (form && more) return { do: "more", what: more };
  return form ? inForm(letter) : null;
}

// Nothing is up: what may be done with the case that stands there, with the last result, or with the seat.
function whileIdle(letter: string): Command | null {
  const nth = awayReasons[Number(letter) - 1] ? Number(letter) - 1 : -1;
  if (nth >= 0) return { do: "away_reason", nth };
  const what = idleKeys[letter];
  return what ? { do: what } : null;
}

const idleKeys: Record<string, "skip" | "asked" | "check_history" | "by_hand" | "undo" | "away"> = {
  S: "skip",
  O: "asked",
  K: "check_history",
  M: "by_hand",
  Z: "undo",
  B: "away",
};

function whileTyping(press: Press, phase: Phase, typing: "line" | "text"): Command | null {
  if (press.key === "Escape") return { do: "leave_field" };
  return press.key === "Enter" && typing === "line" && phase === "wrap_up" && !press.repeat ? { do: "save" } : null;
}

function enter(phase: Phase, typing: Typing): Command | null {
  if (typing === "button") return null; // Enter presses the button that has the focus
  if (phase === "idle") return { do: "dial" };
  if (phase === "away") return { do: "back" };
  return phase === "wrap_up" ? { do: "save" } : null;
}

// Every letter is taken by a result: a promise's date and its parts have signs.
const promiseSigns: Record<string, "next_bank_day" | "split"> = { ".": "next_bank_day", "。": "next_bank_day", ",": "split", "、": "split" };

const kindSigns: Record<string, InboundKind> = {
  "[": "call_back_received", "「": "call_back_received",
  "]": "inquiry", "」": "inquiry",
  ";": "complaint", "；": "complaint",
  ":": "other_business", "：": "other_business",
};

// What a result leads to: the line for the ward, the language, and the number that is not to be called again.
const moreKeys: Record<string, "told" | "next_language" | "do_not_call"> = {
  F6: "told",
  F8: "next_language",
  F9: "do_not_call",
};

function inForm(letter: string): Command | null {
  const party = parties[Number(letter) - 1];
  if (party) return { do: "party", party };
  const business = businesses.find((b) => businessKeys[b] === letter);
  if (business) return { do: "business", business };
  const field = fields[letter];
  return field ? { do: "focus", field } : null;
}

// With a Japanese input method on, or a full-width key, only the code says which key it was.
function letterOf(press: Press): string {
  if (/^[a-zA-Z0-9]$/.test(press.key)) return press.key.toUpperCase();
  const found = /^(?:Key([A-Z])|(?:Digit|Numpad)(\d))$/.exec(press.code);
  return found?.[1] ?? found?.[2] ?? "";
}
