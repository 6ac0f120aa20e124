import { IconHistory } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Attempt } from "../../api/types";
import { dayAndTime, elapsed, isTime } from "../../format/time";
import { yen } from "../../format/yen";
import { language } from "../../i18n";
import { EntryLine } from "../../parts/AttemptLine";
import { DirectionWord } from "../../parts/DirectionWord";
import { AttemptResult } from "../../parts/ResultChip";
import parts from "../../parts/parts.module.css";
import css from "./desk.module.css";

/** What was tried before with this case, newest first. Promises and notes stand out: they are what a talk begins with. */
export function History({ attempts, onOpen }: { attempts: Attempt[]; onOpen?: ((id: string) => void) | undefined }) {
  const { t } = useTranslation();
  return (
    <section className={css.history} aria-label={t("history.title")}>
      <h2 className={css.factHead}>
        {t("history.title")} <span className="quiet">{t("history.count", { count: attempts.length })}</span>
      </h2>
      {attempts.length === 0 ? (
        <p className={css.noHistory}>
          <IconHistory size={18} aria-hidden /> {t("history.none")}
        </p>
      ) : (
        <ol className={css.historyList} tabIndex={0}>
          {attempts.map((a) => (
            <HistoryItem key={a.id} attempt={a} onOpen={onOpen} />
          ))}
        </ol>
      )}
    </section>
  );
}

function HistoryItem({ attempt, onOpen }: { attempt: Attempt; onOpen?: ((id: string) => void) | undefined }) {
  const { t } = useTranslation();
  const { entry } = attempt;
  return (
    <li className={css.historyItem}>
      <span className={`digits quiet ${css.historyAt}`}>{dayAndTime(attempt.started_at, language())}</span>
      <div>
        <div className={css.historyLine}>
          <DirectionWord attempt={attempt} />
          <AttemptResult attempt={attempt} />
          <EntryLine attempt={attempt} withPromise={false} />
        </div>
        {entry?.promise && (
          <div className={css.historyPromise}>
            {t("attempt.promise_long", { amount: yen(entry.promise.amount_yen), date: entry.promise.due_on.replaceAll("-", "/") })}
          </div>
        )}
        {entry?.call_again_at && (
          <div className="quiet">{t("attempt.call_again", { at: dayAndTime(entry.call_again_at, language()) })}</div>
        )}
        {entry?.note && <div className={css.historyNote}>{entry.note}</div>}
      </div>
      <span className={`quiet ${css.historyWho}`}>
        {attempt.origin === "sip" && isTime(attempt.answered_at) && isTime(attempt.ended_at) && (
          <span className="digits">{elapsed(Date.parse(attempt.ended_at) - Date.parse(attempt.answered_at))} </span>
        )}
        {attempt.operator_name}
        {onOpen && (
          <button type="button" className={parts.linkButton} onClick={() => onOpen(attempt.id)}>
            {t("history.open")}
          </button>
        )}
      </span>
    </li>
  );
}
