import { useTranslation } from "react-i18next";
import type { Attempt, Entry } from "../api/types";
import { shortDate } from "../format/time";
import { yen } from "../format/yen";

/** What an operator recorded of a talk, in one line: who, what came of it, the promise. */
export function useEntryWords(): (entry: Entry, withPromise?: boolean) => string {
  const { t } = useTranslation();
  return (entry, withPromise = true) => {
    const words = [
      t(`party.${entry.party}`),
      ...entry.business_results.map((b) => t(`business.${b}`)),
    ];
    if (entry.promise && withPromise) {
      words.push(t("attempt.promise", { amount: yen(entry.promise.amount_yen), date: shortDate(entry.promise.due_on) }));
    }
    return words.join(t("list.between"));
  };
}

/** An attempt's outcome beyond its connection result; says what is still owed. */
export function EntryLine({ attempt, withPromise }: { attempt: Attempt; withPromise?: boolean }) {
  const { t } = useTranslation();
  const words = useEntryWords();
  if (attempt.entry) return <span>{words(attempt.entry, withPromise)}</span>;
  if (attempt.result === "answered") return <span className="quiet">{t("attempt.result_owed")}</span>;
  return <span className="quiet">{attempt.why}</span>;
}
