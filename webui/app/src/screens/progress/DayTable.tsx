import { useTranslation } from "react-i18next";
import type { Progress } from "../../api/types";
import { longDate } from "../../format/time";
import { yen as grouped } from "../../format/yen";
import { language } from "../../i18n";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import parts from "../../parts/parts.module.css";

/** Every day of the month on which somebody was called. */
export function DayTable({ progress }: { progress: Progress }) {
  const { t } = useTranslation();
  const days = progress.by_day.filter((d) => d.attempts + d.by_hand > 0).toReversed();
  return (
    <Panel title={t("progress.by_day")}>
      {days.length === 0 ? (
        <Empty title={t("progress.none")} />
      ) : (
        <table className={parts.table}>
          <thead>
            <tr>
              <th>{t("progress.day")}</th>
              <th className={parts.number}>{t("figures.way.attempts")}</th>
              <th className={parts.number}>{t("result.answered")}</th>
              <th className={parts.number}>{t("progress.rate")}</th>
              <th className={parts.number}>{t("progress.by_hand")}</th>
            </tr>
          </thead>
          <tbody>
            {days.map((d) => (
              <tr key={d.day}>
                <td>{longDate(d.day, language())}</td>
                <td className={parts.number}>{grouped(d.attempts)}</td>
                <td className={parts.number}>{grouped(d.answered)}</td>
                <td className={parts.number}>{d.attempts > 0 && `${Math.round((100 * d.answered) / d.attempts)} %`}</td>
                <td className={parts.number}>{grouped(d.by_hand)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
