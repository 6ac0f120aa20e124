import { useTranslation } from "react-i18next";
import type { Progress } from "../../api/types";
import { longDate } from "../../format/time";
import { yen as grouped } from "../../format/yen";
import { language } from "../../i18n";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import parts from "../../parts/parts.module.css";

const columns = ["answered", "missed", "call_backs", "inquiries", "complaints", "others", "by_hand"] as const;

/** The calls that came in, by what they were: every day of the month that had some, and the month. */
export function InboundTable({ progress }: { progress: Progress }) {
  const { t } = useTranslation();
  const days = progress.by_day.filter((d) => d.inbound.answered + d.inbound.missed > 0).toReversed();
  return (
    <Panel title={t("inbound.title")}>
      {days.length === 0 ? (
        <Empty title={t("inbound.none")} />
      ) : (
        <table className={parts.table} data-inbound>
          <thead>
            <tr>
              <th>{t("progress.day")}</th>
              {columns.map((c) => (
                <th key={c} className={parts.number}>
                  {t(`inbound.${c}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.map((d) => (
              <tr key={d.day}>
                <td>{longDate(d.day, language())}</td>
                {columns.map((c) => (
                  <td key={c} className={parts.number}>
                    {grouped(d.inbound[c])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th>{t("inbound.month")}</th>
              {columns.map((c) => (
                <td key={c} className={parts.number} data-sum={c}>
                  <b>{grouped(progress.inbound[c])}</b>
                </td>
              ))}
            </tr>
          </tfoot>
        </table>
      )}
    </Panel>
  );
}
