import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { yen as grouped } from "../../format/yen";
import { keys } from "../../live/apply";
import { serverNow } from "../../live/clock";
import { LineChart } from "../../parts/LineChart";
import { today } from "./today";

const clock = new Intl.DateTimeFormat("ja-JP", { hour: "numeric", minute: "2-digit", hourCycle: "h23", timeZone: "Asia/Tokyo" });

/** Today by the half hour: what was dialled and answered, against the day's plan. */
export function TodayChart() {
  const { t } = useTranslation();
  const { data } = useQuery({ queryKey: keys.today, queryFn: kakeru.getToday, refetchInterval: 60_000 });
  const lines = useMemo(() => (data ? today(data, serverNow()) : null), [data]);
  if (!lines) return null;
  if (lines.at.length < 2) return <p className="quiet">{t("daycurve.closed")}</p>;
  return (
    <LineChart
      at={lines.at}
      name={(n) => (Number.isInteger(n) && lines.ends[n] ? clock.format(lines.ends[n]) : "")}
      lines={[
        { label: t("chart.plan"), points: lines.plan, look: "plan" },
        { label: t("daycurve.attempts"), points: lines.attempts, look: "done" },
        { label: t("daycurve.answered"), points: lines.answered, look: "part" },
      ]}
      said={t("daycurve.said", { done: grouped(lines.done), plan: grouped(lines.planNow) })}
    />
  );
}
