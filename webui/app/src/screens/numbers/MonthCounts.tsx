import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { keys } from "../../live/apply";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import parts from "../../parts/parts.module.css";

/** What everybody entered this month, by day: for the supervisor. */
export function MonthCounts() {
  const { t } = useTranslation();
  const { data } = useQuery({ queryKey: keys.numberCounts, queryFn: kakeru.getNumberCounts });
  if (!data) return null;
  return (
    <Panel title={t("numbers.counts")} side={<b className="digits">{`${t("numbers.total")} ${data.total}`}</b>}>
      {data.items.length === 0 ? (
        <Empty title={t("numbers.none_month")} />
      ) : (
        <table className={parts.table} style={{ maxWidth: "28rem" }}>
          <thead>
            <tr>
              <th>{t("numbers.day")}</th>
              <th>{t("numbers.who")}</th>
              <th className={parts.number}>{t("numbers.count")}</th>
            </tr>
          </thead>
          <tbody>
            {data.items.map((c) => (
              <tr key={`${c.day} ${c.by_name}`}>
                <td className="digits">{c.day}</td>
                <td>{c.by_name}</td>
                <td className={parts.number}>{c.count}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
