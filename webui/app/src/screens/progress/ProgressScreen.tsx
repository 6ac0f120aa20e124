import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { monthName } from "../../format/time";
import { language } from "../../i18n";
import { useProgress } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import { Panel } from "../../parts/Panel";
import page from "../../parts/page.module.css";
import board from "../board/board.module.css";
import { Figures } from "../board/Figures";
import { MonthChart } from "../board/MonthChart";
import { ResultBars } from "../board/ResultBars";
import { CountedHow } from "../reports/CountedHow";
import { DayTable } from "./DayTable";
import { InboundTable } from "./InboundTable";

/** How a month stands, for the ward: figures, the plan, every day. */
export function ProgressScreen() {
  const { t } = useTranslation();
  const { data: now } = useProgress();
  const [chosen, setChosen] = useState<string | null>(null);
  const month = chosen ?? now?.month ?? "";
  const past = useQuery({
    queryKey: ["progress-of", month],
    queryFn: () => kakeru.getProgress(month),
    enabled: !!now && month !== now.month,
  });
  const progress = month === now?.month ? now : past.data;
  return (
    <div className={page.page}>
      <div className={page.tools}>
        <h1 className={page.title} style={{ marginInlineEnd: "auto" }}>
          {t("door.progress")}
        </h1>
        {now && (
          <Select
            aria-label={t("progress.month")}
            allowDeselect={false}
            value={month}
            onChange={setChosen}
            data={lastMonths(now.month, 12).map((m) => ({
              value: m,
              label: monthName(m, language()),
            }))}
          />
        )}
      </div>
      <CountedHow />
      {progress && (
        <>
          <div className={board.month}>
            <Figures progress={progress} />
            <Panel title={t("chart.title", { month: Number(progress.month.slice(5)) })}>
              <MonthChart progress={progress} />
            </Panel>
            <ResultBars progress={progress} />
          </div>
          <DayTable progress={progress} />
          <InboundTable progress={progress} />
        </>
      )}
    </div>
  );
}

function lastMonths(month: string, count: number): string[] {
  const [year, number] = month.split("-").map(Number);
  return Array.from({ length: count }, (_, i) => new Date(Date.UTC(year!, number! - 1 - i, 1)).toISOString().slice(0, 7));
}
