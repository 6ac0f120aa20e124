import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { Problem } from "../../api/problem";
import type { Case } from "../../api/types";
import { weekdayAfter } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { serverNow } from "../../live/clock";
import { useProblemText } from "../../parts/useWords";
import { type Draft, dropDraft, emptyDraft, entryOf, keepDraft, loadDraft } from "./draft";

const promiseInDays = 7;

/** A form as it stands before anything was typed. */
export function proposedDraft(about: Case | undefined): Draft {
  return emptyDraft(about?.total_yen ?? 0, weekdayAfter(serverNow(), promiseInDays));
}

const aboveBalance = "above_balance";

/** Whether all that the server minds can be confirmed: then saving the same once more does so. */
export function toConfirm(error: unknown): boolean {
  return error instanceof Problem && error.errors.length > 0 && error.errors.every((e) => e.code === aboveBalance);
}

/** Where a result is: in the ledger, or kept on the server's disk until the ledger is back. */
export type Saved = "recorded" | "kept";

/** The result of one attempt while it is being typed: kept through reloads, sent once, errors by field. */
export function useResult(user: string, attempt: string | undefined, proposed: Draft, onSaved: (where: Saved) => void) {
  const client = useQueryClient();
  const { t } = useTranslation();
  const say = useProblemText();
  const [held, setHeld] = useState<{ attempt: string; draft: Draft } | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [saving, setSaving] = useState(false);
  const [asked, setAsked] = useState(""); // the form that the server wants confirmed, as it stood then
  const [unsaid, setUnsaid] = useState(false);

  useEffect(() => {
    setFailure(null);
    setAsked("");
  }, [attempt]);

  const kept = attempt ? (held?.attempt === attempt ? held.draft : loadDraft(user, attempt)) : null;
  const draft = kept ?? proposed;
  // A key may be pressed before its listener has seen what the one before it changed: it goes by what stands here.
  const latest = useRef(draft);
  latest.current = draft;

  function change(next: Draft) {
    if (!attempt) return;
    latest.current = next;
    setHeld({ attempt, draft: next });
    keepDraft(user, attempt, next);
  }

  // The sum proposed comes and goes with what may be shown of the debt; one that was typed stays.
  const before = useRef(proposed.amount);
  useEffect(() => {
    if (before.current === proposed.amount) return;
    const now = latest.current;
    const untouched = now.amount === "" || now.amount === before.current;
    before.current = proposed.amount;
    if (kept && untouched) change({ ...now, amount: proposed.amount, parts: null });
  }, [proposed.amount]);

  async function save() {
    if (!attempt || saving) return;
    const now = latest.current;
    setUnsaid(!now.party);
    if (!now.party) return;
    setSaving(true);
    setFailure(null);
    try {
      const { kept } = await kakeru.putResult(attempt, entryOf(now, asked === JSON.stringify(now) ? [aboveBalance] : []));
      dropDraft(user, attempt);
      setHeld(null);
      onSaved(kept ? "kept" : "recorded");
      for (const key of [keys.desks, ["case"], keys.attempt(attempt)]) void client.invalidateQueries({ queryKey: key });
    } catch (error) {
      setFailure(error);
      setAsked(toConfirm(error) ? JSON.stringify(now) : "");
    } finally {
      setSaving(false);
    }
  }

  const fields: Record<string, string> = failure instanceof Problem ? failure.fields(language()) : {};
  const problem = failure !== null && Object.keys(fields).length === 0 ? say(failure) : "";
  const errors = unsaid && !draft.party ? { ...fields, party: t("form.choose_party") } : fields;
  const confirming = asked !== "" && asked === JSON.stringify(draft);
  return {
    confirming,
    get draft() {
      return latest.current;
    },
    change,
    save,
    saving,
    errors,
    problem,
  };
}
