import { Button, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { ReportBody, ReportChange, ReportKind } from "../../api/types";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import type { Asked } from "./Behind";
import { figure, opens } from "./figures";
import css from "./reports.module.css";
import { said } from "./said";

interface Props {
  of: ReportBody;
  kind: ReportKind;
  mayIssue: boolean;
  onOpen: (cell: Omit<Asked, "kind" | "period">) => void;
}

/** Issuing a report, and what has changed since it was issued last. */
export function Issue({ of, kind, mayIssue, onOpen }: Props) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const issued = of.issued ?? [];
  const last = issued[issued.length - 1];
  const changes = of.changes ?? [];

  async function issue() {
    setBusy(true);
    setFailure(null);
    try {
      await kakeru.issueReport(kind, of.report.period, reason);
      setReason("");
    } catch (error) {
      setFailure(error);
    }
    setBusy(false);
    await client.invalidateQueries({ queryKey: keys.reports });
  }

  return (
    <section className={`${parts.panel} ${css.section}`} aria-labelledby="issuing" data-issue={issued.length}>
      <h3 id="issuing" className={css.head}>
        {of.revision === 0 ? t("reports.issuing") : t("reports.changed_in", { n: of.revision })}
      </h3>
      {of.revision === 0 && (
        <p>{last ? t("reports.last_issue", { n: last.revision, name: last.by_name || t("reports.by_itself"), at: dayAndTime(last.at, language()) }) : t("reports.never_issued")}</p>
      )}
      {changes.length > 0 && <Changes changes={changes} of={of} onOpen={onOpen} />}
      {changes.length === 0 && last && of.revision !== 1 && <p className="quiet">{t("reports.unchanged")}</p>}
      {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
      {mayIssue && (
        <div className={css.issue}>
          {last && changes.length > 0 && (
            <TextInput label={t("reports.reason")} description={t("reports.reason_hint")} value={reason} maxLength={200} onChange={(e) => setReason(e.currentTarget.value)} style={{ flex: 1 }} />
          )}
          {(!last || changes.length > 0) && (
            <Button variant="default" size="md" loading={busy} disabled={last !== undefined && reason.trim() === ""} onClick={() => void issue()}>
              {t(last ? "reports.issue_again" : "reports.issue")}
            </Button>
          )}
        </div>
      )}
    </section>
  );
}

/** Whether there are rows behind what a changed figure is now. */
function isOpen(of: ReportBody, c: ReportChange) {
  const column = of.report.sections?.find((s) => s.key === c.section)?.columns?.find((k) => k.key === c.column);
  return of.revision === 0 && column !== undefined && opens(c.is, column);
}

function Changes({ changes, of, onOpen }: { changes: ReportChange[]; of: ReportBody; onOpen: Props["onOpen"] }) {
  const { t } = useTranslation();
  const absent = { none: "—", unused: t("reports.unused") };
  const corrections = of.corrections ?? [];
  return (
    <>
      <Notice tone="wait">{t("reports.changes", { count: changes.length })}</Notice>
      <div className={css.changes}>
        <table className={parts.table} data-changes>
          <tbody>
            {changes.map((c) => {
              const title = said(c.title);
              return (
                <tr key={`${c.section} ${c.row} ${c.column}`}>
                  <th scope="row">{title}</th>
                  <td className={parts.number}>{figure(c.was, c.unit, absent)}</td>
                  <td>→</td>
                  <td className={parts.number}>
                    {isOpen(of, c) ? (
                      <button type="button" className={css.figure} onClick={() => onOpen({ section: c.section, row: c.row, column: c.column, title })}>
                        {figure(c.is, c.unit, absent)}
                      </button>
                    ) : (
                      figure(c.is, c.unit, absent)
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {corrections.length > 0 && (
        <ul className={css.corrections} aria-label={t("reports.corrections")}>
          {corrections.map((c) => (
            <li key={`${c.attempt_id} ${c.revision}`}>
              {t("reports.corrected", { name: c.by_name, at: dayAndTime(c.at, language()), n: c.revision })} <code>{c.attempt_id}</code>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
