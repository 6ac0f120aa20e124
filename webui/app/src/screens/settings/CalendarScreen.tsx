import { ActionIcon, Button, SegmentedControl } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { CalendarDay, SettingWant } from "../../api/types";
import { addDays, fiscalYearName, monthName, tokyoDate } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { serverNow } from "../../live/clock";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import { useProblemText } from "../../parts/useWords";
import { ConfirmChange } from "./ConfirmChange";
import { DayForm } from "./DayForm";
import { MonthGrid, YearGrid } from "./MonthGrid";
import { WeekPanel } from "./WeekPanel";

type View = "month" | "year";

/** カレンダー: which days are open and why, and the ward's word on single days and on the week. */
export function CalendarScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const now = tokyoDate(serverNow()).slice(0, 7);
  const [view, setView] = useState<View>("month");
  const [month, setMonth] = useState(now);
  const [editing, setEditing] = useState<CalendarDay | null>(null);
  const [wants, setWants] = useState<SettingWant[] | null>(null);
  const span = view === "month" ? { from: `${month}-01`, to: lastOf(month) } : yearOf(month);
  const { data, error } = useQuery({
    queryKey: [...keys.calendar, span.from, span.to],
    queryFn: () => kakeru.getCalendar(span.from, span.to),
    placeholderData: keepPreviousData,
  });
  const step = (by: number) => setMonth(monthAfter(month, view === "month" ? by : by * 12));
  const name = view === "month" ? monthName(month, language()) : t("calendar.fiscal_year", { year: fiscalYearName(span.from.slice(0, 4), language()) });
  return (
    <div className={page.page}>
      <div className={page.tools}>
        <h1 className={page.title} style={{ marginInlineEnd: "auto" }}>
          {t("door.calendar")}
        </h1>
        <SegmentedControl
          aria-label={t("calendar.view")}
          value={view}
          onChange={(v) => setView(v as View)}
          data={[
            { value: "month", label: t("calendar.month") },
            { value: "year", label: t("calendar.year") },
          ]}
        />
      </div>
      <p className={page.lead}>{t("calendar.lead")}</p>
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {data?.always_open && <Notice tone="note">{t("calendar.always_open")}</Notice>}
      <div className={page.tools}>
        <ActionIcon variant="default" size="lg" aria-label={t("calendar.before")} onClick={() => step(-1)}>
          <IconChevronLeft size={18} aria-hidden />
        </ActionIcon>
        <strong data-month={span.from} style={{ minWidth: "9rem", textAlign: "center", paddingBlock: "0.4rem" }} aria-live="polite">
          {name}
        </strong>
        <ActionIcon variant="default" size="lg" aria-label={t("calendar.after")} onClick={() => step(1)}>
          <IconChevronRight size={18} aria-hidden />
        </ActionIcon>
        <Button variant="default" disabled={month === now} onClick={() => setMonth(now)}>
          {t("calendar.this_month")}
        </Button>
      </div>
      {data && view === "month" && <MonthGrid name={name} days={(data.days ?? []).filter((d) => d.date.startsWith(month))} today={data.today} desks={data.desks} onPick={setEditing} />}
      {data && view === "year" && (
        <YearGrid
          days={data.days ?? []}
          onPick={(m) => {
            setMonth(m);
            setView("month");
          }}
        />
      )}
      {data && <WeekPanel weeks={data.weeks ?? []} version={data.week_version} today={data.today} onWant={(want) => setWants([want])} />}
      <DayForm day={editing} desks={data?.desks ?? 0} onClose={() => setEditing(null)} onWant={(w) => {
        setEditing(null); // one dialog at a time
        setWants(w);
      }} />
      <ConfirmChange wants={wants} onClose={() => setWants(null)} onDone={() => setWants(null)} />
    </div>
  );
}

function monthAfter(month: string, months: number): string {
  const [year, m] = month.split("-").map(Number);
  return new Date(Date.UTC(year!, m! - 1 + months, 1)).toISOString().slice(0, 7);
}

const lastOf = (month: string) => addDays(`${monthAfter(month, 1)}-01`, -1);

/** The fiscal year of a month, from April. */
function yearOf(month: string): { from: string; to: string } {
  const [year, m] = month.split("-").map(Number);
  const first = m! >= 4 ? year! : year! - 1;
  return { from: `${first}-04-01`, to: `${first + 1}-03-31` };
}
