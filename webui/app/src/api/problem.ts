import type { Language } from "../i18n";

/** One field that the server would not take. */
export interface FieldProblem {
  field: string;
  code: string;
  detail: string;
  detail_en: string;
}

/** What the server answers when it does not do as asked (RFC 9457), in both languages. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly rule: string,
    readonly detail: string,
    readonly detailEN: string,
    readonly errors: FieldProblem[],
  ) {
    super(detailEN || detail || `status ${status}`);
    this.name = "Problem";
  }

  /** The sentence for people, in their language. */
  say(language: Language): string {
    return language === "en" ? this.detailEN || this.detail : this.detail || this.detailEN;
  }

  /** What is wrong with each field, in the language asked for. */
  fields(language: Language): Record<string, string> {
    const said: Record<string, string> = {};
    for (const e of this.errors) said[e.field] ??= language === "en" ? e.detail_en || e.detail : e.detail || e.detail_en;
    return said;
  }
}

/** Makes a Problem of an answer's body, whatever that is. */
export function toProblem(status: number, body: unknown): Problem {
  const b = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const text = (name: string) => (typeof b[name] === "string" ? b[name] : "");
  const errors = Array.isArray(b.errors) ? (b.errors as FieldProblem[]) : [];
  return new Problem(status, text("rule"), text("detail"), text("detail_en"), errors);
}
