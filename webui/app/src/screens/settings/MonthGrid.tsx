import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { CalendarDay } from "../../api/types";
import { monthName } from "../../format/time";
import { language } from "../../i18n";
import { Panel } from "../../parts/Panel";
import css from "./settings.module.css";

const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

/** Days in rows of a week, from Sunday on; null before the first and after the last. */
function rows(days: CalendarDay[]): (CalendarDay | null)[][] {
  if (days.length === 0) return [];
  const lead = new Date(`${days[0]!.date}T12:00:00Z`).getUTCDay();
  const cells: (CalendarDay | null)[] = [...Array<null>(lead).fill(null), ...days];
  while (cells.length % 7 !== 0) cells.push(null);
  return Array.from({ length: cells.length / 7 }, (_, i) => cells.slice(i * 7, i * 7 + 7));
}

const dayOf = (day: CalendarDay) => Number(day.date.slice(8));

/** Says in words whether a day is open, and why it is not. */
export function useDayWords(): (day: CalendarDay) => string {
  const { t } = useTranslation();
  return (day) => {
    if (day.span) return `${day.span.from}–${day.span.to}`;
    if (day.cause === "week") return t("calendar.closed_week");
    if (day.cause === "holiday") return t("calendar.closed_holiday");
    if (day.cause === "year_end") return t("calendar.closed_year_end");
    return t("calendar.closed_ward");
  };
}

/** What else there is to know of it: the holiday's name, the ward's word, the seats. */
function useMore(desks: number): (day: CalendarDay) => string[] {
  const { t } = useTranslation();
  return (day) => {
    const more: string[] = [];
    if (day.cause === "ward") more.push(day.note || (day.span ? t("calendar.opened_ward") : ""));
    if (day.holiday) more.push(day.holiday);
    if (day.span && day.seats !== desks) more.push(t("calendar.seats_of", { seats: day.seats }));
    return more.filter((m) => m !== "");
  };
}

/** One month; a day from today on can be pressed. */
export function MonthGrid({ name, days, today, desks, onPick }: { name: string; days: CalendarDay[]; today: string; desks: number; onPick: (day: CalendarDay) => void }) {
  const { t } = useTranslation();
  const say = useDayWords();
  const more = useMore(desks);
  const inside = (day: CalendarDay) => (
    <>
      <strong>{dayOf(day)}</strong>
      <span>{say(day)}</span>
      {more(day).map((m) => (
        <span key={m}>{m}</span>
      ))}
    </>
  );
  return (
    <table className={css.month} aria-label={name} data-calendar>
      <WeekHead />
      <tbody>
        {rows(days).map((row, i) => (
          <tr key={i}>
            {row.map((day, j) => (
              <td key={day?.date ?? j}>
                {day?.past && (
                  <div className={css.day} data-date={day.date} data-open={day.span !== null} data-cause={day.cause} title={t("calendar.past")}>
                    {inside(day)}
                  </div>
                )}
                {day && !day.past && (
                  <button
                    type="button"
                    className={css.day}
                    data-date={day.date}
                    data-open={day.span !== null}
                    data-cause={day.cause}
                    data-today={day.date === today}
                    aria-current={day.date === today ? "date" : undefined}
                    onClick={() => onPick(day)}
                  >
                    {inside(day)}
                  </button>
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function WeekHead() {
  const { t } = useTranslation();
  return (
    <thead>
      <tr>
        {weekdays.map((w) => (
          <th key={w} scope="col">
            {t(`weekday.${w}`)}
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** A fiscal year's twelve months: open days are bold, and below each month stands what is out of the ordinary. */
export function YearGrid({ days, onPick }: { days: CalendarDay[]; onPick: (month: string) => void }) {
  const { t } = useTranslation();
  const say = useDayWords();
  const months = [...new Set(days.map((d) => d.date.slice(0, 7)))];
  return (
    <div className={css.year} data-year>
      {months.map((month) => {
        const of = days.filter((d) => d.date.startsWith(month));
        const special = of.filter((d) => d.holiday || d.cause !== "week");
        const name = monthName(month, language());
        return (
          <Panel
            key={month}
            title={name}
            side={
              <Button size="compact-sm" variant="default" aria-label={t("calendar.show_month", { month: name })} onClick={() => onPick(month)}>
                {t("calendar.show")}
              </Button>
            }
          >
            <table className={css.small} aria-label={name}>
              <WeekHead />
              <tbody>
                {rows(of).map((row, i) => (
                  <tr key={i}>
                    {row.map((day, j) => (
                      <td key={day?.date ?? j} data-open={day ? day.span !== null : undefined} data-cause={day?.cause}>
                        {day && dayOf(day)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
            <ul className={css.special}>
              <li>{t("calendar.open_days", { count: of.filter((d) => d.span).length })}</li>
              {special.map((d) => (
                <li key={d.date}>
                  {t("calendar.day", { day: dayOf(d) })} {[say(d), d.holiday, d.note].filter(Boolean).join(" ")}
                </li>
              ))}
            </ul>
          </Panel>
        );
      })}
    </div>
  );
}
