import type { Balance } from "../../api/types";
import { parseYen, yen } from "../../format/yen";
import type { DraftPart } from "./draft";

const nameOf = (of: { insurance: string; term: string }) => `${of.insurance} ${of.term}`;

/** The balances in the order in which a promise pays them: the oldest term first, one without a date last. */
export function oldestFirst(balances: Balance[]): Balance[] {
  return [...balances].sort((a, b) => (a.due_on || "9999").localeCompare(b.due_on || "9999") || nameOf(a).localeCompare(nameOf(b)));
}

/** Splits a sum over what is owed, the oldest term first. What goes beyond all of it stands at the last one. */
export function splitOver(amount: number, balances: Balance[]): DraftPart[] {
  const all = oldestFirst(balances);
  let left = amount;
  return all.map((b, i) => {
    const some = i === all.length - 1 ? left : Math.min(left, b.yen);
    left -= some;
    return { insurance: b.insurance, term: b.term, amount: some > 0 ? yen(some) : "" };
  });
}

/** The sum of parts as typed; null when one of them cannot be read. */
export function sumOf(parts: DraftPart[]): number | null {
  let sum = 0;
  for (const { amount } of parts) {
    const some = amount.trim() === "" ? 0 : parseYen(amount);
    if (some === null) return null;
    sum += some;
  }
  return sum;
}

/** The parts as rows of the form: each balance, with what was typed for it; and parts of terms that are no longer owed. */
export function rowsOf(parts: DraftPart[], balances: Balance[]): { part: DraftPart; owed: number | null }[] {
  const typed = new Map(parts.map((p) => [nameOf(p), p]));
  const rows = oldestFirst(balances).map((b) => {
    const part = typed.get(nameOf(b)) ?? { insurance: b.insurance, term: b.term, amount: "" };
    typed.delete(nameOf(b));
    return { part, owed: b.yen as number | null };
  });
  return [...rows, ...[...typed.values()].map((part) => ({ part, owed: null }))];
}
