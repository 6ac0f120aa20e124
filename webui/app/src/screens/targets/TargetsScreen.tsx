import { Select } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { Standing } from "../../api/types";
import { monthName, tokyoDate } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { serverNow } from "../../live/clock";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import { useProblemText } from "../../parts/useWords";
import { NoticeForm } from "./NoticeForm";
import { Notices } from "./Notices";
import { SetTarget } from "./SetTarget";
import { StandingPanel } from "./StandingPanel";
import css from "./targets.module.css";

/** 目標: what a month and its year are to come to, how that stands and will end, and what the ward was told of it. */
export function TargetsScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const supervises = useSession().user.role === "supervisor";
  const now = tokyoDate(serverNow()).slice(0, 7);
  const [month, setMonth] = useState(now);
  const { data, error } = useQuery({
    queryKey: [...keys.targets, month],
    queryFn: () => kakeru.getTargets(month),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  });
  const standings = data?.standings ?? [];
  const troubled = standings.filter((s) => s.state === "failing" || s.state === "missed" || s.state === "at_risk");
  const panels = (of: Standing[]) =>
    of.map((s) => <StandingPanel key={`${s.measure} ${s.kind}`} standing={s} definition={data!.definition} wardName={data!.ward_by_name} />);
  return (
    <div className={page.page}>
      <div className={page.tools}>
        <h1 className={page.title} style={{ marginInlineEnd: "auto" }}>
          {t("door.targets")}
        </h1>
        <Select
          aria-label={t("targets.month")}
          allowDeselect={false}
          value={month}
          onChange={(m) => m && setMonth(m)}
          data={months(now).map((m) => ({ value: m, label: monthName(m, language()) }))}
        />
      </div>
      <p className={page.lead}>{t("targets.lead")}</p>
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {data && (
        <div data-targets={data.month} className={css.both}>
          <div className={css.calls}>{panels(standings.filter((s) => s.measure === "calls"))}</div>
          <div className={css.others}>{panels(standings.filter((s) => s.measure !== "calls"))}</div>
        </div>
      )}
      {data && data.month === month && month >= now && <SetTarget key={month} month={month} standing={standings[0]} />}
      {data && supervises && troubled.length > 0 && <NoticeForm standings={troubled} />}
      {data && <Notices notices={data.notices ?? []} />}
    </div>
  );
}

/** The month that runs and the eleven before it. */
function months(now: string): string[] {
  const [year, month] = now.split("-").map(Number);
  return Array.from({ length: 12 }, (_, i) => new Date(Date.UTC(year!, month! - 1 - i, 1)).toISOString().slice(0, 7));
}
