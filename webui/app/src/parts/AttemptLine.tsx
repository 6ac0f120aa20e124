import { useTranslation } from "react-i18next";
import type { Attempt, Entry } from "../api/types";
import { shortDate } from "../format/time";
import { yen } from "../format/yen";
import type { Business, Party } from "../keys/keymap";

/** What an operator recorded of a talk, in one line: who, what came of it, the promise. */
export function useEntryWords(): (entry: Entry) => string {
  const { t } = useTranslation();
  return (entry) => {
    const words = [
      t(`party.${entry.party as Party}`),
      ...(entry.business_results ?? []).map((b) => t(`business.${b as Business}`)),
    ];
    if (entry.promise) {
      words.push(t("attempt.promise", { amount: yen(entry.promise.amount_yen), date: shortDate(entry.promise.due_on) }));
    }
    return words.join(t("list.between"));
  };
}

/** An attempt's outcome beyond its connection result; says what is still owed. */
export function EntryLine({ attempt }: { attempt: Attempt }) {
  const { t } = useTranslation();
  const words = useEntryWords();
  if (attempt.entry) return <span>{words(attempt.entry)}</span>;
  if (attempt.result === "answered") return <span className="quiet">{t("attempt.result_owed")}</span>;
  return <span className="quiet">{attempt.why}</span>;
}
