import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCalls, useDesks, useProgress } from "../../api/hooks";
import { Panel } from "../../parts/Panel";
import { AttemptDrawer } from "../attempts/AttemptDrawer";
import { AskedLate } from "./AskedLate";
import { Alerts } from "./Alerts";
import css from "./board.module.css";
import { DeskCard } from "./DeskCard";
import { Figures } from "./Figures";
import { ManyDesks } from "./ManyDesks";
import { MonthChart } from "./MonthChart";
import { many } from "./order";
import { Recent } from "./Recent";
import { ResultBars } from "./ResultBars";
import { TodayChart } from "./TodayChart";
import { Trunks } from "./Trunks";

/** The supervisor's board: who is talking, how the month stands, what happened last. */
export function BoardScreen() {
  const { t } = useTranslation();
  const { data: progress } = useProgress();
  const [opened, setOpened] = useState<string | null>(null);
  return (
    <div className={css.board}>
      <h1 className="visually-hidden">{t("door.board")}</h1>
      <Desks />
      <Trunks />
      {progress && (
        <div className={css.month}>
          <Figures progress={progress} />
          <div className={css.charts}>
            <Panel title={t("daycurve.title")}>
              <TodayChart />
            </Panel>
            <Panel title={t("chart.title", { month: Number(progress.month.slice(5)) })}>
              <MonthChart progress={progress} />
            </Panel>
          </div>
          <ResultBars progress={progress} />
        </div>
      )}
      <Recent onOpen={setOpened} />
      <AttemptDrawer id={opened} onClose={() => setOpened(null)} />
    </div>
  );
}

/** The desks, with what needs somebody beside them. Their frames draw nothing else of the board anew. */
function Desks() {
  const { data: desks } = useDesks();
  const { data: calls } = useCalls();
  if (desks && desks.length > many)
    return (
      <div className={css.wide}>
        <ManyDesks desks={desks} calls={calls ?? []} />
        <div className={css.beside}>
          <Alerts />
          <AskedLate />
        </div>
      </div>
    );
  return (
    <div className={css.desks}>
      {(desks ?? []).map((desk) => (
        <DeskCard key={desk.id} desk={desk} />
      ))}
      <Alerts />
      <AskedLate />
    </div>
  );
}
