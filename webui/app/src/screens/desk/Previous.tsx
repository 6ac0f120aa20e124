import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Attempt } from "../../api/types";
import { timeOfDay } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { keepKeys } from "../../keys/keepKeys";
import { useEntryWords } from "../../parts/AttemptLine";
import { Key } from "../../parts/Key";
import { ResultChip } from "../../parts/ResultChip";
import css from "./desk.module.css";
import type { Saved } from "./useResult";

/** The attempts of late, as frames bring them. */
export function useRecent(): Attempt[] {
  return useQuery<Attempt[]>({ queryKey: keys.recent, queryFn: () => [], enabled: false }).data ?? [];
}

/** The newest result that was recorded of a talk of one's own: what undo takes up again. */
export function lastOfMine(recent: readonly Attempt[], me: string): Attempt | undefined {
  return recent.find((a) => a.entry && a.case_id && a.ended_at && (a.handed_to || a.operator) === me);
}

/** One quiet line: how the attempt before ended, and why. It is all there is to read after a call that nobody answered. */
export function Previous({ desk, saved, undo, onUndo }: { desk: string; saved: Saved | ""; undo: Attempt | undefined; onUndo: (attempt: string) => void }) {
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
      {undo?.id === last.id && (
        <Button size="compact-xs" variant="default" className={css.undo} onMouseDown={keepKeys} rightSection={<Key name="Z" />} aria-keyshortcuts="Z" onClick={() => onUndo(last.id)}>
          {t("previous.undo")}
        </Button>
      )}
    </p>
  );
}
