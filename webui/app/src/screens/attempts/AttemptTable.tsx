import { IconCircleCheck, IconCircleDashed } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useDeskName } from "../../api/hooks";
import type { Attempt } from "../../api/types";
import { dayAndTime, elapsed, isTime } from "../../format/time";
import { language } from "../../i18n";
import { EntryLine } from "../../parts/AttemptLine";
import { DirectionWord } from "../../parts/DirectionWord";
import parts from "../../parts/parts.module.css";
import { AttemptResult } from "../../parts/ResultChip";
import css from "./attempts.module.css";

/** Attempts, a line each; pressing one opens what is known of it. */
export function AttemptTable({ attempts, onOpen }: { attempts: Attempt[]; onOpen: (id: string) => void }) {
  const { t } = useTranslation();
  const deskName = useDeskName();
  return (
    <table className={parts.table}>
      <thead>
        <tr>
          <th>{t("attempt.at")}</th>
          <th>{t("attempt.direction")}</th>
          <th>{t("attempt.desk")}</th>
          <th>{t("attempt.operator")}</th>
          <th>{t("attempt.result")}</th>
          <th>{t("attempt.outcome")}</th>
          <th className={parts.number}>{t("attempt.talk")}</th>
          <th>{t("attempt.counted")}</th>
        </tr>
      </thead>
      <tbody>
        {attempts.map((a) => (
          <tr key={a.id} className={parts.pressRow} onClick={() => onOpen(a.id)} data-attempt={a.id}>
            <td className="digits nowrap">
              <button
                type="button"
                className={css.open}
                onClick={(event) => {
                  event.stopPropagation();
                  onOpen(a.id);
                }}
              >
                {dayAndTime(a.started_at, language())}
              </button>
            </td>
            <td className="nowrap">
              <DirectionWord attempt={a} />
            </td>
            <td className="nowrap">{deskName(a.desk)}</td>
            <td className="nowrap">{a.operator_name}</td>
            <td>
              <AttemptResult attempt={a} />
            </td>
            <td>
              <EntryLine attempt={a} />
            </td>
            <td className={parts.number}>
              {a.origin === "sip" && isTime(a.answered_at) && isTime(a.ended_at) && elapsed(Date.parse(a.ended_at) - Date.parse(a.answered_at))}
            </td>
            <td className="nowrap">
              <Counted attempt={a} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Whether an attempt is a 件. */
export function Counted({ attempt }: { attempt: Attempt }) {
  const { t } = useTranslation();
  if (!attempt.ended_at) return null;
  return attempt.counted ? (
    <span className={css.counted}>
      <IconCircleCheck size={16} aria-hidden /> {t("attempt.is_counted")}
    </span>
  ) : (
    <span className={css.notCounted}>
      <IconCircleDashed size={16} aria-hidden /> {t("attempt.not_counted")}
    </span>
  );
}
