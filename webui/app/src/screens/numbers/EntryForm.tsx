import { Button, Checkbox, Select, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { Problem } from "../../api/problem";
import type { EnteredNumber, NumberSource } from "../../api/types";
import { phoneNumber } from "../../format/phone";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import parts from "../../parts/parts.module.css";
import { inWords, useProblemText } from "../../parts/useWords";
import css from "./numbers.module.css";
import { afterEnter, afterRefusal, empty, shown, toSend, type Typed } from "./row";

/** One row after another, by Enter alone. Source and date stay: documents come in piles. */
export function EntryForm({ sources, today }: { sources: NumberSource[]; today: string }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const [about, setAbout] = useState({ source: sources[0]?.key ?? "", document_on: today, first: false });
  const [row, setRow] = useState(empty);
  const [at, setAt] = useState<Typed | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [kept, setKept] = useState<EnteredNumber | null>(null);
  const sending = useRef(false);
  const fields = useRef<Partial<Record<Typed, HTMLInputElement | null>>>({});
  const wrong = failure instanceof Problem ? failure.fields(language()) : {};

  const goTo = (field: Typed) => fields.current[field]?.focus();

  async function enter() {
    if (sending.current) return;
    sending.current = true;
    setFailure(null);
    setKept(null);
    try {
      const { entered } = await kakeru.enterNumber(toSend(row, about));
      setKept(entered);
      setRow(empty);
      setAbout((a) => ({ ...a, first: false }));
      goTo("ward_number");
    } catch (refusal) {
      setFailure(refusal);
      if (refusal instanceof Problem && refusal.status === 422) {
        const again = afterRefusal(row, refusal.fields("ja"));
        setRow(again.row);
        goTo(again.at);
      }
    } finally {
      sending.current = false;
      void client.invalidateQueries({ queryKey: keys.numbers });
      void client.invalidateQueries({ queryKey: keys.numberCounts });
    }
  }

  function onKey(event: KeyboardEvent, field: Typed) {
    if (event.key !== "Enter" || event.nativeEvent.isComposing || event.repeat) return;
    event.preventDefault();
    const next = afterEnter(row, field);
    if (next) goTo(next);
    else void enter();
  }

  const input = (field: Typed) => ({
    label: t(`numbers.${field}`),
    value: field === "number" ? shown(row.number, at) : row[field],
    error: wrong[field],
    inputMode: "numeric" as const,
    autoComplete: "off",
    className: css.digits,
    ref: (element: HTMLInputElement | null) => {
      fields.current[field] = element;
    },
    onFocus: () => setAt(field),
    onKeyDown: (event: KeyboardEvent) => onKey(event, field),
    onChange: (event: { currentTarget: HTMLInputElement }) => {
      const { value } = event.currentTarget;
      setRow((r) => ({ ...r, [field]: value }));
    },
  });

  return (
    <section className={`${parts.panel} ${css.form}`} aria-label={t("door.numbers")}>
      <div className={css.line}>
        <Select
          label={t("numbers.source")}
          allowDeselect={false}
          value={about.source}
          error={wrong.source}
          data={sources.map((s) => ({ value: s.key, label: inWords(s) }))}
          onChange={(source) => source && setAbout((a) => ({ ...a, source }))}
        />
        <TextInput
          label={t("numbers.document_on")}
          value={about.document_on}
          error={wrong.document_on}
          onChange={(e) => {
            const { value } = e.currentTarget;
            setAbout((a) => ({ ...a, document_on: value }));
          }}
        />
        <Checkbox
          className={css.tick}
          label={t("numbers.first")}
          checked={about.first}
          onChange={(e) => {
            const { checked } = e.currentTarget;
            setAbout((a) => ({ ...a, first: checked }));
          }}
        />
      </div>
      <div className={css.line}>
        <TextInput {...input("ward_number")} autoFocus />
        <TextInput {...input("number")} />
        {/* Typed, never pasted: it is the check of the first. */}
        <TextInput {...input("again")} onPaste={(event) => event.preventDefault()} aria-description={t("numbers.again_hint")} />
        <Button className={css.button} onClick={() => void enter()}>
          {t("numbers.enter")}
        </Button>
      </div>
      {failure !== null && Object.keys(wrong).length === 0 && <Notice tone="bad">{say(failure)}</Notice>}
      {kept && <Kept number={kept} />}
    </section>
  );
}

/** What is done with a number that was entered. */
function outcomeOf(number: EnteredNumber): "waits" | "stays_wrong" | "joined" | null {
  if (!number.case_id) return "waits";
  if (number.seen === "wrong") return "stays_wrong";
  return number.seen === "at_case" ? null : "joined";
}

function Kept({ number }: { number: EnteredNumber }) {
  const { t } = useTranslation();
  const outcome = outcomeOf(number);
  const said = [
    t("numbers.entered", { number: phoneNumber(number.number) }),
    number.mended ? t(`numbers.mended.${number.mended as "leading_zero" | "country_code"}`) : "",
    number.seen !== "new" ? t(`numbers.seen.${number.seen}`) : "",
    outcome ? t(`numbers.${outcome}`) : "",
  ].filter(Boolean);
  return <Notice tone={number.seen === "new" ? "talk" : "note"}>{said.join(" / ")}</Notice>;
}
