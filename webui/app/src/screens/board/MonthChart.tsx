import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Progress } from "../../api/types";
import { yen as grouped } from "../../format/yen";
import { LineChart } from "../../parts/LineChart";
import { burnUp } from "./plan";

/** What was done, day by day, against what the plan asks for. The figures beside it say the same in words. */
export function MonthChart({ progress }: { progress: Progress }) {
  const { t } = useTranslation();
  const { days, done, plan } = useMemo(() => burnUp(progress), [progress]);
  const last = done.filter((n) => n !== null).at(-1) ?? 0;
  return (
    <LineChart
      at={days.map((_, i) => i + 1)}
      lines={[
        { label: t("chart.plan"), points: plan, look: "plan" },
        { label: t("chart.done"), points: done, look: "done" },
      ]}
      said={t("chart.said", { done: grouped(last), plan: grouped(Math.round(plan.at(-1) ?? 0)) })}
    />
  );
}
