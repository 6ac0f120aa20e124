import { ActionIcon, Button, Textarea, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { MinutesText } from "../../api/types";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import { useProblemText } from "../../parts/useWords";
import css from "./minutes.module.css";
import frame from "./reports.module.css";

interface Props {
  month: string;
  of: MinutesText;
  /** The revision that it is written from. */
  from: number;
  /** The newest there is: another, when somebody else was faster. */
  newest: number;
  onDone: () => void;
}

type Task = NonNullable<MinutesText["to_do"]>[number];

/** Writes the next revision. What was written stays here until it is saved, whoever saves in between. */
export function MinutesForm({ month, of, from, newest, onDone }: Props) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const [text, setText] = useState(of);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const overtaken = newest !== from;

  async function keep() {
    setBusy(true);
    setFailure(null);
    let done = false;
    try {
      await kakeru.saveMinutes(month, newest, text);
      done = true;
    } catch (error) {
      setFailure(error);
    }
    setBusy(false);
    await client.invalidateQueries({ queryKey: [...keys.reports, "minutes", month] });
    if (done) onDone();
  }

  const field = (name: "place" | "present" | "agenda" | "decided" | "next", most: number) => ({
    label: t(`minutes.${name}`),
    value: text[name],
    maxLength: most,
    onChange: (e: { currentTarget: { value: string } }) => setText({ ...text, [name]: e.currentTarget.value }),
  });
  return (
    <form
      className={css.form}
      data-minutes-form
      onSubmit={(e) => {
        e.preventDefault();
        void keep();
      }}
    >
      <div className={css.row}>
        <TextInput type="date" label={t("minutes.on")} required value={text.on} onChange={(e) => setText({ ...text, on: e.currentTarget.value })} />
        <TextInput {...field("place", 200)} style={{ flex: 1 }} />
      </div>
      <Textarea {...field("present", 1000)} description={t("minutes.present_hint")} required autosize minRows={2} />
      <Textarea {...field("agenda", 4000)} description={t("minutes.agenda_hint")} autosize minRows={4} />
      <Textarea {...field("decided", 4000)} autosize minRows={3} />
      <Tasks of={text.to_do ?? []} onChange={(to_do) => setText({ ...text, to_do })} />
      <TextInput {...field("next", 200)} />
      {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
      {overtaken ? <Notice tone="wait">{t("minutes.over", { n: newest })}</Notice> : from > 0 && <p className="quiet">{t("minutes.anew")}</p>}
      <div className={frame.issue}>
        <Button type="submit" loading={busy}>
          {t(overtaken ? "minutes.save_over" : "minutes.save")}
        </Button>
        <Button variant="default" onClick={onDone}>
          {t("minutes.cancel")}
        </Button>
      </div>
    </form>
  );
}

function Tasks({ of, onChange }: { of: Task[]; onChange: (tasks: Task[]) => void }) {
  const { t } = useTranslation();
  return (
    <fieldset className={css.tasks}>
      <legend>{t("minutes.to_do")}</legend>
      {of.map((task, i) => (
        <div key={i} className={css.row}>
          {(["what", "who", "by"] as const).map((name) => (
            <TextInput
              key={name}
              label={t(`minutes.${name}`)}
              value={task[name]}
              maxLength={{ what: 400, who: 100, by: 40 }[name]}
              onChange={(e) => onChange(of.with(i, { ...task, [name]: e.currentTarget.value }))}
              style={{ flex: name === "what" ? 3 : 1 }}
            />
          ))}
          <ActionIcon size="lg" variant="default" aria-label={t("minutes.remove", { n: i + 1 })} onClick={() => onChange(of.toSpliced(i, 1))}>
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </div>
      ))}
      {of.length < 40 && (
        <Button size="compact-sm" variant="default" onClick={() => onChange([...of, { what: "", who: "", by: "" }])}>
          {t("minutes.add")}
        </Button>
      )}
    </fieldset>
  );
}
