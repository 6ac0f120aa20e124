import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Attempt } from "../../api/types";
import { timeOfDay } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { useEntryWords } from "../../parts/AttemptLine";
import { ResultChip } from "../../parts/ResultChip";
import css from "./desk.module.css";
import type { Saved } from "./useResult";

/** The attempts of late, as frames bring them. */
export function useRecent(): Attempt[] {
  return useQuery<Attempt[]>({ queryKey: keys.recent, queryFn: () => [], enabled: false }).data ?? [];
}

/** One quiet line: how the attempt before ended, and why. It is all there is to read after a call that nobody answered. */
export function Previous({ desk, saved }: { desk: string; saved: Saved | "" }) {
  const { t } = useTranslation();
  const words = useEntryWords();
  const last = useRecent().find((a) => a.desk === desk && a.ended_at && a.result);
  if (!last?.result) return <p className={css.previous}>{t("previous.none")}</p>;
  const about = saved === "kept" ? t("previous.kept") : last.entry ? words(last.entry) : last.result === "answered" ? t("attempt.result_owed") : last.why;
  return (
    <p className={css.previous} role="status" key={last.id + (last.entry?.revision ?? 0)} data-attempt={last.id}>
      <span className="nowrap">
        {t("previous.label")} <span className="digits">{timeOfDay(last.started_at, language())}</span>
      </span>
      <ResultChip result={last.result} confidence={last.confidence} />
      <span className={css.previousWhy} title={about ?? undefined}>
        {about}
        {saved === "recorded" && last.entry ? ` ${t("previous.saved")}` : ""}
      </span>
    </p>
  );
}
