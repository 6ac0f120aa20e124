import { Button, Group, Modal, SegmentedControl, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { CalendarDay, SettingWant } from "../../api/types";
import { addDays, longDate } from "../../format/time";
import { language } from "../../i18n";
import { Notice } from "../../parts/Notice";
import { useProblemText } from "../../parts/useWords";
import css from "./settings.module.css";

type State = CalendarDay["state"];

interface Props {
  day: CalendarDay | null;
  desks: number;
  onClose: () => void;
  onWant: (wants: SettingWant[]) => void;
}

/** What is set for one day, or for each of several that follow each other. */
export function DayForm({ day, desks, onClose, onWant }: Props) {
  const { t } = useTranslation();
  return (
    <Modal opened={day !== null} onClose={onClose} title={day ? longDate(day.date, language()) : ""} closeButtonProps={{ "aria-label": t("common.close") }}>
      {day && <Form key={day.date} day={day} desks={desks} onWant={onWant} />}
    </Modal>
  );
}

function Form({ day, desks, onWant }: { day: CalendarDay; desks: number; onWant: Props["onWant"] }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [state, setState] = useState<State>(day.state);
  const [from, setFrom] = useState(day.span?.from ?? "09:00");
  const [to, setTo] = useState(day.span?.to ?? "17:00");
  const [note, setNote] = useState(day.note);
  const [seats, setSeats] = useState(day.own_seats === null ? "" : String(day.own_seats));
  const [until, setUntil] = useState(day.date);
  const [failure, setFailure] = useState<unknown>(null);
  const backwards = state === "open" && !(from < to);
  const badSpan = until < day.date || until > addDays(day.date, 61);
  const badSeats = seats !== "" && !/^\d{1,3}$/.test(seats);

  async function want() {
    setFailure(null);
    const value = {
      state,
      ...(state === "open" ? { hours: `${from}-${to}` } : {}),
      ...(state !== "usual" && note.trim() ? { note: note.trim() } : {}),
      ...(state !== "closed" && seats !== "" ? { seats: Number(seats) } : {}),
    };
    try {
      // Of the days after the first only those that this makes another are changed; each goes by what was last seen of it.
      const days = until === day.date ? [day] : ((await kakeru.getCalendar(day.date, until)).days ?? []);
      onWant(days.filter((d, i) => i === 0 || differs(d, state, `${from}-${to}`)).map((d) => ({ key: `calendar.day.${d.date}`, value, version: d.version })));
    } catch (error) {
      setFailure(error);
    }
  }

  return (
    <form
      className={css.column}
      data-day-form={day.date}
      onSubmit={(e) => {
        e.preventDefault();
        void want();
      }}
    >
      <SegmentedControl
        aria-label={t("calendar.state")}
        value={state}
        onChange={(s) => setState(s as State)}
        data={(["usual", "open", "closed"] as const).map((s) => ({ value: s, label: t(`day_state.${s}`) }))}
      />
      {state === "open" && (
        <Group gap="sm">
          <TextInput className={css.time} type="time" label={t("calendar.opens")} value={from} onChange={(e) => setFrom(e.currentTarget.value)} error={backwards} />
          <TextInput className={css.time} type="time" label={t("calendar.closes")} value={to} onChange={(e) => setTo(e.currentTarget.value)} error={backwards} />
        </Group>
      )}
      {backwards && <Notice tone="bad">{t("calendar.backwards")}</Notice>}
      {state !== "usual" && (
        <TextInput label={t("calendar.note")} description={t("calendar.note_hint")} value={note} maxLength={40} onChange={(e) => setNote(e.currentTarget.value)} />
      )}
      {state !== "closed" && (
        <TextInput
          inputMode="numeric"
          label={t("calendar.seats")}
          description={t("calendar.seats_hint", { desks })}
          value={seats}
          error={badSeats && t("calendar.seats_bad")}
          onChange={(e) => setSeats(e.currentTarget.value.trim())}
        />
      )}
      <TextInput
        type="date"
        label={t("calendar.until")}
        description={t("calendar.until_hint")}
        value={until}
        min={day.date}
        error={badSpan && t("calendar.until_bad")}
        onChange={(e) => setUntil(e.currentTarget.value)}
      />
      {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
      <Group justify="flex-end">
        <Button type="submit" disabled={backwards || badSpan || badSeats}>
          {t("settings.next")}
        </Button>
      </Group>
    </form>
  );
}

/** Whether a day becomes another by this: one that is closed each week need not be closed once more. */
function differs(day: CalendarDay, state: State, hours: string): boolean {
  if (state === "closed") return day.span !== null;
  if (state === "usual") return day.state !== "usual" || day.own_seats !== null;
  return day.state !== "open" || `${day.span?.from}-${day.span?.to}` !== hours;
}
