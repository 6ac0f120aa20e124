import { Button } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconHistory } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDesks, useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { Alert } from "../../api/types";
import { isTime, timeOfDay } from "../../format/time";
import { inTime, language } from "../../i18n";
import { putAlert } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import { RunningClock } from "../../parts/RunningClock";
import { useProblemText } from "../../parts/useWords";
import { alertText, isOver, useAlerts } from "../../shell/AlertToasts";
import { AttemptDrawer } from "../attempts/AttemptDrawer";
import css from "./board.module.css";
import { Supervised } from "./Supervised";

const AlertHistory = lazy(() => inTime(() => import("./AlertHistory")));

/** What needs somebody: first what nobody has seen, then what still lasts. An empty list says so: silence should be visible too. */
export function Alerts() {
  const { t } = useTranslation();
  const [history, setHistory] = useState(false);
  const [opened, setOpened] = useState<string | null>(null);
  const alerts = useAlerts().filter((a) => !isTime(a.acknowledged_at) || (a.lasts && !isOver(a)));
  const sorted = [...alerts].sort((a, b) => Number(isTime(a.acknowledged_at)) - Number(isTime(b.acknowledged_at)) || Number(isOver(a)) - Number(isOver(b)));
  return (
    <section className={css.alerts} aria-label={t("alert.list")}>
      <header className={css.alertHead}>
        <h2>{t("alert.list")}</h2>
        <Button size="compact-xs" variant="subtle" leftSection={<IconHistory size={15} aria-hidden />} onClick={() => setHistory(true)}>
          {t("alerts.history")}
        </Button>
      </header>
      {sorted.length === 0 ? (
        <p className={css.calm}>
          <IconCircleCheck size={18} aria-hidden /> {t("alert.none")}
        </p>
      ) : (
        <ol className={css.alertList} tabIndex={0} aria-label={t("alerts.open")}>
          {sorted.map((alert) => (
            <li key={alert.id || alert.at + alert.kind} data-alert={alert.kind} data-good={isOver(alert) || undefined} data-seen={isTime(alert.acknowledged_at) || undefined}>
              <AlertLine alert={alert} onOpen={setOpened} />
            </li>
          ))}
        </ol>
      )}
      <Supervised />
      <AttemptDrawer id={opened} onClose={() => setOpened(null)} />
      {history && (
        <Suspense>
          <AlertHistory onClose={() => setHistory(false)} />
        </Suspense>
      )}
    </section>
  );
}

function AlertLine({ alert, onOpen }: { alert: Alert; onOpen: (attempt: string) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const say = useProblemText();
  const { role } = useSession().user;
  const [failure, setFailure] = useState<unknown>(null);
  const { data: desks } = useDesks();
  const desk = desks?.find((d) => d.id === alert.desk);
  const over = isOver(alert);
  const seen = isTime(alert.acknowledged_at);
  async function acknowledge() {
    try {
      putAlert(client, await kakeru.acknowledgeAlert(alert.id, ""));
    } catch (error) {
      setFailure(error);
    }
  }
  return (
    <>
      {over ? <IconCircleCheck size={16} aria-hidden /> : <IconAlertTriangle size={16} aria-hidden />}
      <div className={css.alertText}>
        <span className="digits">{timeOfDay(alert.at, language())} </span>
        {desk && <b>{desk.name}: </b>}
        {alertText(alert)}
        {alert.call_id && (
          <>
            {" "}
            <button type="button" className={css.alertCall} onClick={() => onOpen(alert.call_id!)}>
              {t("alerts.call")}
            </button>
          </>
        )}
        {alert.lasts && !over && (
          <span className={css.alertClock}>
            {" "}
            <RunningClock since={isTime(alert.since) ? alert.since! : alert.at} />
          </span>
        )}
        {over && isTime(alert.ended_at) && (
          <span>
            {" "}
            {timeOfDay(alert.ended_at!, language())} {language() === "en" ? alert.end_text_en : alert.end_text}
          </span>
        )}
        {seen && <span className="quiet"> {t("alerts.seen_by", { name: alert.acknowledged_by_name })}</span>}
        {alert.kind === "sv_absent" && <WardReport alert={alert} />}
        {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
      </div>
      {!seen && alert.id > 0 && (role === "supervisor" || role === "admin") && (
        <Button size="compact-xs" variant="default" className={css.alertAck!} onClick={() => void acknowledge()}>
          {t("alerts.acknowledge")}
        </Button>
      )}
    </>
  );
}

/** The absence in words for the ward, ready to be pasted into a message (仕様書 7(6)). */
function WardReport({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  const [done, setDone] = useState(false);
  const from = timeOfDay(isTime(alert.since) ? alert.since! : alert.at, language());
  const text = isTime(alert.ended_at)
    ? t("alerts.ward_report_over", { day: alert.at.slice(0, 10), from, to: timeOfDay(alert.ended_at!, language()) })
    : t("alerts.ward_report", { day: alert.at.slice(0, 10), from });
  return (
    <Button
      size="compact-xs"
      variant="subtle"
      onClick={() => void navigator.clipboard.writeText(text).then(() => setDone(true))}
      title={text}
    >
      {done ? t("alerts.copied") : t("alerts.copy_report")}
    </Button>
  );
}
