import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDesks, useProgress } from "../../api/hooks";
import { Panel } from "../../parts/Panel";
import { AttemptDrawer } from "../attempts/AttemptDrawer";
import { AskedLate } from "./AskedLate";
import { Alerts } from "./Alerts";
import css from "./board.module.css";
import { DeskCard } from "./DeskCard";
import { Figures } from "./Figures";
import { MonthChart } from "./MonthChart";
import { Recent } from "./Recent";
import { ResultBars } from "./ResultBars";
import { Trunks } from "./Trunks";

/** The supervisor's board: who is talking, how the month stands, what happened last. */
export function BoardScreen() {
  const { t } = useTranslation();
  const { data: desks } = useDesks();
  const { data: progress } = useProgress();
  const [opened, setOpened] = useState<string | null>(null);
  return (
    <div className={css.board}>
      <h1 className="visually-hidden">{t("door.board")}</h1>
      <div className={css.desks}>
        {(desks ?? []).map((desk) => (
          <DeskCard key={desk.id} desk={desk} />
        ))}
        <Alerts />
        <AskedLate />
      </div>
      <Trunks />
      {progress && (
        <div className={css.month}>
          <Figures progress={progress} />
          <Panel title={t("chart.title", { month: Number(progress.month.slice(5)) })} className={css.chartPanel}>
            <MonthChart progress={progress} />
          </Panel>
          <ResultBars progress={progress} />
        </div>
      )}
      <Recent onOpen={setOpened} />
      <AttemptDrawer id={opened} onClose={() => setOpened(null)} />
    </div>
  );
}
