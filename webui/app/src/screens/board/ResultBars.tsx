import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Progress, Result } from "../../api/types";
import { yen as grouped } from "../../format/yen";
import { Panel } from "../../parts/Panel";
import css from "./board.module.css";

const order: Result[] = [
  "answered", "no_answer", "busy", "out_of_reach", "unallocated", "number_changed", "refused", "cancelled", "line_trouble",
  "bad_number", "interrupted",
];

/** How attempts ended, today or in the month. */
export function ResultBars({ progress }: { progress: Progress }) {
  const { t } = useTranslation();
  const [span, setSpan] = useState<"today" | "month">("today");
  const counts = span === "today" ? progress.today.by_result : progress.by_result;
  const shown = order.filter((r, i) => i < 4 || (counts?.[r] ?? 0) > 0);
  const most = Math.max(1, ...shown.map((r) => counts?.[r] ?? 0));
  const choose = (
    <SegmentedControl
      size="xs"
      aria-label={t("bars.span")}
      value={span}
      onChange={(v) => setSpan(v as "today" | "month")}
      data={[
        { value: "today", label: t("figures.today") },
        { value: "month", label: t("figures.month") },
      ]}
    />
  );
  return (
    <Panel title={t("bars.title")} side={choose}>
      <table className={css.barTable}>
        <tbody>
          {shown.map((result) => (
            <tr key={result}>
              <th scope="row">{t(`result.${result}`)}</th>
              <td className={css.barCell} aria-hidden="true">
                <div style={{ width: `${((counts?.[result] ?? 0) / most) * 100}%` }} data-result={result} />
              </td>
              <td className="digits">{grouped(counts?.[result] ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
