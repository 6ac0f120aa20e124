import { Button, Checkbox, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CalendarWeek, SettingWant } from "../../api/types";
import { longDate } from "../../format/time";
import { language } from "../../i18n";
import { Panel } from "../../parts/Panel";
import css from "./settings.module.css";

const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
type Weekday = (typeof weekdays)[number];

/** The week's hours, as they were, are and will be, and another pattern from a day on. */
export function WeekPanel({ weeks, version, today, onWant }: { weeks: CalendarWeek[]; version: number; today: string; onWant: (want: SettingWant) => void }) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  const last = weeks.findLast((w) => !w.from || w.from <= today) ?? weeks[0];
  const words = (week: CalendarWeek) =>
    [
      ...weekdays.filter((w) => week.days[w]).map((w) => `${t(`weekday.${w}`)} ${week.days[w]!.replace("-", "–")}`),
      t("calendar.break_of", { minutes: week.break_minutes }),
    ].join(" / ");
  return (
    <Panel
      title={t("calendar.week")}
      side={
        !editing && (
          <Button size="compact-sm" variant="default" onClick={() => setEditing(true)}>
            {t("calendar.change_week")}
          </Button>
        )
      }
    >
      <dl className={css.weeks} data-weeks>
        {weeks.map((week, i) => (
          <div key={week.from ?? "always"}>
            <dt>{week.from ? t("calendar.from_on", { date: longDate(week.from, language()) }) : t(weeks.length > 1 ? "calendar.at_first" : "calendar.each_week")}</dt>
            <dd>
              {words(week)}
              {week.from && week.from >= today && (
                <>
                  {" "}
                  <Button size="compact-sm" variant="default" onClick={() => onWant({ key: "calendar.week", value: weeks.filter((_, j) => j !== i), version })}>
                    {t("calendar.drop_week")}
                  </Button>
                </>
              )}
            </dd>
          </div>
        ))}
      </dl>
      {editing && last && (
        <Form
          week={last}
          today={today}
          onClose={() => setEditing(false)}
          onWant={(week) => onWant({ key: "calendar.week", value: placed(weeks, week), version })}
        />
      )}
    </Panel>
  );
}

/** The patterns with another one, in the order of their days; one of the same day gives way. */
function placed(weeks: CalendarWeek[], week: CalendarWeek): CalendarWeek[] {
  return [...weeks.filter((w) => w.from !== week.from), week].sort((a, b) => (a.from ?? "").localeCompare(b.from ?? ""));
}

function Form({ week, today, onClose, onWant }: { week: CalendarWeek; today: string; onClose: () => void; onWant: (week: CalendarWeek) => void }) {
  const { t } = useTranslation();
  const [from, setFrom] = useState(today);
  const [rest, setRest] = useState(String(week.break_minutes));
  const [days, setDays] = useState(() => Object.fromEntries(weekdays.map((w) => [w, hoursOf(week.days[w])])) as Record<Weekday, Hours>);
  const set = (w: Weekday, change: Partial<Hours>) => setDays({ ...days, [w]: { ...days[w], ...change } });
  const bad = from < today || !/^\d{1,3}$/.test(rest) || weekdays.some((w) => days[w].open && !(days[w].from < days[w].to)) || !weekdays.some((w) => days[w].open);
  return (
    <form
      className={css.column}
      data-week-form
      onSubmit={(e) => {
        e.preventDefault();
        const open = weekdays.filter((w) => days[w].open).map((w) => [w, `${days[w].from}-${days[w].to}`]);
        onWant({ from, days: Object.fromEntries(open), break_minutes: Number(rest) });
      }}
    >
      <div className={css.weekForm}>
        {weekdays.map((w) => (
          <fieldset key={w} className={css.weekday}>
            <legend className="visually-hidden">{t(`weekday.${w}`)}</legend>
            <Checkbox label={t(`weekday.${w}`)} checked={days[w].open} onChange={(e) => set(w, { open: e.currentTarget.checked })} />
            <TextInput type="time" aria-label={t("calendar.opens")} disabled={!days[w].open} value={days[w].from} onChange={(e) => set(w, { from: e.currentTarget.value })} />
            <TextInput type="time" aria-label={t("calendar.closes")} disabled={!days[w].open} value={days[w].to} onChange={(e) => set(w, { to: e.currentTarget.value })} />
          </fieldset>
        ))}
      </div>
      <div className={css.form}>
        <TextInput type="date" label={t("calendar.from")} min={today} value={from} onChange={(e) => setFrom(e.currentTarget.value)} />
        <TextInput className={css.few} inputMode="numeric" label={t("calendar.break")} value={rest} onChange={(e) => setRest(e.currentTarget.value.trim())} />
        <Button type="submit" disabled={bad}>
          {t("settings.next")}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t("common.cancel")}
        </Button>
      </div>
      <p className="quiet" style={{ margin: 0 }}>
        {t("calendar.week_hint")}
      </p>
    </form>
  );
}

interface Hours {
  open: boolean;
  from: string;
  to: string;
}

function hoursOf(span: string | undefined): Hours {
  const [from, to] = (span ?? "09:00-17:00").split("-");
  return { open: span !== undefined, from: from!, to: to! };
}
