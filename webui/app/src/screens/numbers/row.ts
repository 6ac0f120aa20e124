// A row of 番号入力 while it is typed. Pure, so that a test can press Enter in every field.
import type { NumberIn } from "../../api/types";

/** The fields that are typed anew for each number, in the order in which Enter goes through them. */
export const typed = ["ward_number", "number", "again"] as const;
export type Typed = (typeof typed)[number];

export const empty: Record<Typed, string> = { ward_number: "", number: "", again: "" };

/** Where Enter leads from a field: to the next one, or null when the row is to be entered. An empty field is not left. */
export function afterEnter(row: Record<Typed, string>, at: Typed): Typed | null {
  if (row[at].trim() === "") return at;
  return typed.find((field) => row[field].trim() === "") ?? (at === "again" ? null : typed[typed.indexOf(at) + 1]!);
}

/** What is left of a row that was refused, and where to type again. Of two numbers that differ nobody knows the right one. */
export function afterRefusal(row: Record<Typed, string>, wrong: Record<string, string>): { row: Record<Typed, string>; at: Typed } {
  if (wrong.ward_number) return { row: { ...row, again: "" }, at: "ward_number" };
  if (wrong.number) return { row: { ...row, again: "" }, at: "number" };
  return { row: { ...row, number: "", again: "" }, at: "number" };
}

/** What the field of the first number shows: nothing to copy from while the second is typed. */
export function shown(number: string, at: Typed | null): string {
  return at === "again" ? "•".repeat(number.length) : number;
}

export function toSend(row: Record<Typed, string>, about: { source: string; document_on: string; first: boolean }): NumberIn {
  return { ...row, ...about };
}
