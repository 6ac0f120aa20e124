import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { PromiseLine } from "../../api/types";
import { plainDate, shortDate, tokyoDate } from "../../format/time";
import { yen } from "../../format/yen";
import { language } from "../../i18n";
import { Chip, type Tone } from "../../parts/Chip";
import parts from "../../parts/parts.module.css";

const tones: Record<PromiseLine["stage"], Tone> = {
  ahead: "still",
  today: "wait",
  grace: "wait",
  unread: "wait",
  kept: "talk",
  partly: "bad",
  broken: "bad",
};

/** Promises and how they stand; with names where they lead to their cases. */
export function PromiseTable({ lines, named = false }: { lines: PromiseLine[]; named?: boolean }) {
  const { t } = useTranslation();
  return (
    <div style={{ overflowX: "auto" }}>
      <table className={parts.table} data-promises>
        <thead>
          <tr>
            <th>{t("promises.stage")}</th>
            {named && <th>{t("promises.case")}</th>}
            <th>{t("promises.made")}</th>
            <th>{t("promises.due")}</th>
            <th className={parts.number}>{t("promises.amount")}</th>
            <th className={parts.number}>{t("promises.paid")}</th>
            <th>{t("promises.why")}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((l) => (
            <tr key={l.attempt_id} data-stage={l.stage}>
              <td>
                <Chip tone={tones[l.stage]}>{t(`promise_stage.${l.stage}`)}</Chip>
              </td>
              {named && (
                <td>
                  <Link to="/cases/$id" params={{ id: l.case_id }}>
                    {l.name || t("case.no_name")}
                  </Link>
                </td>
              )}
              <td className="nowrap">{shortDate(tokyoDate(Date.parse(l.made_at)))}</td>
              <td className="nowrap">{plainDate(l.due_on, language())}</td>
              <td className={parts.number}>{yen(l.amount_yen)}</td>
              <td className={parts.number}>{l.paid_yen === null ? "—" : yen(l.paid_yen)}</td>
              <td>{language() === "en" ? l.why_en : l.why}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
