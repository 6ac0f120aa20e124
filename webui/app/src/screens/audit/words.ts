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
