import { Button, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { Problem } from "../../api/problem";
import type { AuditWho, Incident, IncidentKind } from "../../api/types";
import { fromLocalField, toLocalField } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { serverNow } from "../../live/clock";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useProblemText } from "../../parts/useWords";
import css from "./audit.module.css";
import { kinds } from "./words";

interface Props {
  of?: Incident;
  people: AuditWho[];
  onClose: () => void;
}

const texts = ["what", "cause", "done", "future"] as const;

/** What is known of an incident. The ward sees it as soon as it is sent. */
export function IncidentForm({ of, people, onClose }: Props) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const now = toLocalField(new Date(serverNow()).toISOString());
  const [kind, setKind] = useState<IncidentKind>(of?.kind ?? "leaked");
  const [found, setFound] = useState(of ? toLocalField(of.found_at) : now);
  const [from, setFrom] = useState(of ? toLocalField(of.from) : `${now.slice(0, 10)}T00:00`);
  const [until, setUntil] = useState(of ? toLocalField(of.until) : now);
  const [who, setWho] = useState(of?.who[0] ?? "");
  const [malice, setMalice] = useState(of?.malice ?? false);
  const [text, setText] = useState({ what: of?.what ?? "", cause: of?.cause ?? "", done: of?.done ?? "", future: of?.future ?? "" });
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const wrong = (field: string) => {
    const found = failure instanceof Problem ? failure.errors.find((e) => e.field === field) : undefined;
    return found && (language() === "en" ? found.detail_en : found.detail);
  };

  async function send() {
    setBusy(true);
    setFailure(null);
    try {
      const body = {
        kind, malice, ...text, who: who ? [who] : [], revision: of?.revision ?? 0,
        found_at: fromLocalField(found) ?? "", from: fromLocalField(from) ?? "", until: fromLocalField(until) ?? "",
      };
      await (of ? kakeru.changeIncident(of.id, body) : kakeru.reportIncident(body));
      await client.invalidateQueries({ queryKey: keys.incidents });
      onClose();
    } catch (problem) {
      setFailure(problem);
      setBusy(false);
    }
  }

  const complete = [found, from, until].every((f) => fromLocalField(f) !== null) && text.what.trim() !== "";
  return (
    <Panel title={of ? t("incident.title", { id: of.id, kind: t(`incident.kind.${of.kind}`) }) : t("incident.report")}>
      <form
        className={css.form}
        data-incident-form
        onSubmit={(e) => {
          e.preventDefault();
          void send();
        }}
      >
        {!of && (
          <div className={css.wide}>
            <Notice tone="wait">{t("incident.first")}</Notice>
          </div>
        )}
        <Select
          label={t("incident.kind_label")}
          allowDeselect={false}
          value={kind}
          onChange={(v) => setKind(v as IncidentKind)}
          data={kinds.map((k) => ({ value: k, label: t(`incident.kind.${k}`) }))}
        />
        <TextInput type="datetime-local" label={t("incident.found_at")} value={found} max={now} error={wrong("found_at")} onChange={(e) => setFound(e.currentTarget.value)} />
        <TextInput type="datetime-local" label={t("incident.from")} value={from} error={wrong("from")} onChange={(e) => setFrom(e.currentTarget.value)} />
        <TextInput type="datetime-local" label={t("incident.until")} value={until} error={wrong("until")} onChange={(e) => setUntil(e.currentTarget.value)} />
        <Select
          label={t("incident.who")}
          description={t("incident.who_hint")}
          allowDeselect={false}
          value={who}
          onChange={(v) => setWho(v ?? "")}
          data={[{ value: "", label: t("audit.everybody") }, ...people.map((p) => ({ value: p.id, label: `${p.name} (${t(`role.${p.role}`)})` }))]}
        />
        <Switch label={t("incident.malice")} description={t("incident.malice_hint")} checked={malice} onChange={(e) => setMalice(e.currentTarget.checked)} />
        {texts.map((name) => (
          <Textarea
            key={name}
            className={css.wide}
            label={t(`incident.${name}`)}
            description={t("targets.no_persons")}
            autosize
            minRows={name === "what" ? 3 : 2}
            maxLength={2000}
            required={name === "what"}
            value={text[name]}
            error={wrong(name)}
            onChange={(e) => setText({ ...text, [name]: e.currentTarget.value })}
          />
        ))}
        {failure !== null && (
          <div className={css.wide}>
            <Notice tone="bad">{say(failure)}</Notice>
          </div>
        )}
        <div className={`${css.wide} ${css.actions}`}>
          <Button type="submit" loading={busy} disabled={!complete}>
            {t(of ? "incident.save" : "incident.send")}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t("common.cancel")}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
