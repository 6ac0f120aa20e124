// The shapes of the API. Source: api.md until the generated schema replaces this.

export type Role = "operator" | "supervisor" | "ward" | "admin";
export type Result =
  | "answered" | "no_answer" | "busy" | "unallocated" | "number_changed" | "out_of_reach" | "bad_number" | "refused"
  | "line_trouble" | "cancelled" | "interrupted" | "not_dialled";
export type CallState = "queued" | "calling_desk" | "calling_customer" | "talking" | "ending" | "ended";
export type DeskState = "empty" | "ready" | "in_call" | "wrap_up";

export interface Session {
  user: { id: string; login: string; name: string; role: Role };
  demo: boolean;
  always_open: boolean;
  desk: string | null;
  expires_at: string;
}
export interface Desk {
  id: string;
  name: string;
  registered: boolean | null;
  state: DeskState;
  operator?: string;
  operator_name?: string;
  call_id?: string;
  case_id?: string;
  since: string;
}
export interface Verdict {
  result: Result;
  confidence: "high" | "medium" | "low";
  rule: string;
  why: string;
  counted: boolean;
}
export interface Call {
  id: string;
  case_id?: string;
  desk: string;
  operator: string;
  operator_name?: string;
  state: CallState;
  trunk: string;
  started_at: string;
  dialled_at?: string;
  ringing_at?: string;
  answered_at?: string;
  ended_at?: string;
  ended_by?: string;
  early_media: boolean;
  verdict?: Verdict;
}
export interface CaseNext { state: "waiting" | "result_due" | "held" | "closed"; due?: string; why: string }
export interface Phone { rank: number; number: string; kind: string; usable: boolean }
export interface Balance { insurance: string; term: string; due_on: string; yen: number }
export interface Case {
  id: string;
  ward_number: string;
  name: string;
  kana: string;
  address: string;
  postal_code: string;
  born_on: string;
  phones: Phone[];
  balances: Balance[];
  total_yen: number;
  language: string;
  ward_note: string;
  sample: boolean;
  do_not_call: boolean;
  priority: number;
  next: CaseNext;
}
export interface CasePage { case: Case; history: Attempt[]; masked: boolean }
export interface Promise_ { amount_yen: number; due_on: string; means: string; parts?: PromisePart[] }
export interface PromisePart { insurance: string; term: string; amount_yen: number }
export interface Entry {
  party: string;
  business_results: string[];
  promise?: Promise_ | null;
  note?: string;
  call_again_at?: string | null;
  mine?: boolean;
  revision?: number;
  by_name?: string;
  at?: string;
}
export interface Evidence { at: string; leg: "desk" | "customer"; event: string; status?: number; reason?: string; cause?: number }
export interface Attempt {
  id: string;
  case_id?: string;
  desk: string;
  operator: string;
  operator_name?: string;
  direction: string;
  started_at: string;
  dialled_at?: string | null;
  ringing_at?: string | null;
  answered_at?: string | null;
  ended_at: string | null;
  ended_by?: string;
  result?: Result | "";
  confidence?: string;
  why?: string;
  rule?: string;
  counted: boolean;
  party?: string;
  business_results?: string[] | null;
  evidence?: Evidence[] | null;
  number_kind?: string;
  trunk?: string;
  sip_call_id?: string;
  entry?: Entry | null;
}
export interface CaseBrief {
  case_id: string;
  ward_number: string;
  name: string;
  number_kind: string;
  balance_yen: number;
  priority: number;
  due_at?: string | null;
  is_due: boolean;
  desk: string | null;
  why: string;
}
export interface Depth { due: number; later: number; held: number }
export interface Queue { items: CaseBrief[]; held: CaseBrief[]; depth: Depth }
export interface Progress {
  month: string;
  target: number;
  definition: string;
  done: { attempts: number; persons: number; cases: number };
  by_result: Partial<Record<Result, number>>;
  by_day: { day: string; attempts: number; answered: number }[];
  forecast: { low: number; mid: number; high: number };
  today: { day: string; attempts: number; answered: number; target: number; by_result: Partial<Record<Result, number>> };
  open_days: { day: string; minutes: number }[];
}
export interface Hours {
  open: boolean;
  always_open: boolean;
  why: string;
  today: { from: string; to: string } | null;
  next_open_at: string | null;
}
export interface Alert { kind: string; desk?: string; call_id?: string; text: string; text_en: string; at?: string }
export interface Problem { line: number; column: string; code: string; ja: string; en: string; fatal: boolean }
export interface Preview {
  list: string;
  file_name: string;
  state: "staging" | "staged" | "applying" | "applied" | "failed";
  rows: number;
  cases: number;
  new: number;
  changed: number;
  same: number;
  missing: number;
  wrong: number;
  repaired: number;
  sample: boolean;
  problems: Problem[] | null;
  repairs: Problem[] | null;
  progress: number;
  kinds: Record<string, number> | null;
  applied_at?: string;
}
export interface User { id: string; login: string; name: string; role: Role; disabled: boolean }
