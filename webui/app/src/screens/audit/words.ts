import type { AuditAction, IncidentAct, IncidentKind } from "../../api/types";

export const actions: AuditAction[] = [
  "case_read", "listed", "searched", "debt_shown", "listened", "report_read", "exported", "printed", "list_taken", "changed", "refused",
  "signed_in", "sign_in_refused", "signed_out", "unlocked", "audit_read",
];

export const kinds: IncidentKind[] = ["leaked", "lost", "damaged", "tampered", "feared", "outage"];

/** The contractor's steps in their order; the ward's own is ward_ack. */
export const acts: IncidentAct[] = ["ward_told", "preliminary", "final", "persons", "closed"];

/** A case_ref in so few letters that two are told apart at a glance. */
export const refShort = (ref: string) => ref.slice(0, 8);

/** How an entry's filters are called, in the order in which they are said. How a list was cut into pages is no part of what was asked. */
export const filters = ["period", "month", "day", "from", "to", "desk", "kind", "state"] as const;

/** What an entry is about, as it stands before its filters, and those of its filters that say something. */
export function objectOf(object: string): { about: string; asked: { name: (typeof filters)[number]; value: string }[] } {
  const [about = "", query = ""] = object.split("?", 2);
  const given = new Map(query.split("&").map((pair) => pair.split("=", 2) as [string, string]));
  return {
    about,
    asked: filters.flatMap((name) => {
      const value = given.get(name);
      return value ? [{ name, value: value.replace(/T00:00:00\+09:00$/, "") }] : [];
    }),
  };
}
