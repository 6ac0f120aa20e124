import { Button, Select, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { IconDownload, IconPencil } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { AuditWho, Incident, IncidentAct, IncidentLine, IncidentReach } from "../../api/types";
import { dayAndTime } from "../../format/time";
import { yen as grouped } from "../../format/yen";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Chip } from "../../parts/Chip";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { save } from "../../parts/save";
import { useProblemText } from "../../parts/useWords";
import css from "./audit.module.css";
import { IncidentForm } from "./IncidentForm";
import { acts } from "./words";

interface Props {
  line: IncidentLine;
  people: AuditWho[];
  whole: boolean; // from the start
  mayWrite: boolean;
}

/** One incident: its clocks, and once it is opened what is known, whose data was in reach, what was done. */
export function IncidentCard({ line: i, people, whole, mayWrite }: Props) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [opened, setOpened] = useState<boolean | null>(null);
  const [editing, setEditing] = useState<Incident | null>(null); // as it was when they began: what others write meanwhile is no part of it
  const open = opened ?? whole;
  const { data, error } = useQuery({ queryKey: keys.incident(i.id, i.revision), queryFn: () => kakeru.getIncident(i.id), enabled: open });
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);

  async function download() {
    setBusy(true);
    setFailure(null);
    try {
      save(await kakeru.getEvidence(i.id), `incident-${i.id}.zip`);
    } catch (problem) {
      setFailure(problem);
    }
    setBusy(false);
  }

  if (editing) return <IncidentForm of={editing} people={people} onClose={() => setEditing(null)} />;
  return (
    <Panel
      title={t("incident.title", { id: i.id, kind: t(`incident.kind.${i.kind}`) })}
      side={
        <div className={css.actions}>
          {i.closed && <Chip tone="note">{t("incident.act.closed")}</Chip>}
          {mayWrite && open && data && (
            <Button size="compact-sm" variant="default" leftSection={<IconPencil size={15} aria-hidden />} onClick={() => setEditing(data.incident)}>
              {t("incident.edit")}
            </Button>
          )}
          <Button size="compact-sm" variant="default" loading={busy} leftSection={<IconDownload size={15} aria-hidden />} onClick={() => void download()}>
            {t("incident.evidence")}
          </Button>
          <Button size="compact-sm" variant="default" aria-expanded={open} onClick={() => setOpened(!open)}>
            {t(open ? "incident.fold" : "incident.unfold")}
          </Button>
        </div>
      }
    >
      <div data-incident={i.id}>
        {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
        {error && open && <Notice tone="bad">{say(error)}</Notice>}
        <p className={css.head}>
          <span>{t("incident.found", { at: dayAndTime(i.found_at, language()) })}</span>
          <span className="quiet">{t("incident.revised", { n: i.revision, name: i.by_name, at: dayAndTime(i.at, language()) })}</span>
        </p>
        <ul className={css.clocks}>
          {i.deadlines.map((d) => (
            <li key={d.act} className={css.clock} data-state={d.late ? "late" : d.met ? "met" : "open"} data-deadline={d.act}>
              <b>{t(`incident.act.${d.act}`)}</b>
              <div>{t("incident.due", { at: dayAndTime(d.due, language()) })}</div>
              <div className={d.late ? css.refused : "quiet"}>{t(d.late ? (d.met ? "incident.met_late" : "incident.late") : d.met ? "incident.met" : "incident.open")}</div>
            </li>
          ))}
        </ul>
        {open && data && <IncidentWhole of={data.incident} reach={data.reach} />}
      </div>
    </Panel>
  );
}

/** What is known of one, whose data was in reach, what was done, and what is to be done next. */
function IncidentWhole({ of: i, reach }: { of: Incident; reach: IncidentReach }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const ward = useSession().user.role === "ward";
  const taken = new Set(i.steps.map((s) => s.act));
  const left = acts.filter((a) => !taken.has(a));
  const [chosen, setChosen] = useState<IncidentAct | null>(null);
  const act: IncidentAct | undefined = ward ? "ward_ack" : chosen && left.includes(chosen) ? chosen : left[0];
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);

  async function take(step: IncidentAct) {
    setBusy(true);
    setFailure(null);
    try {
      await kakeru.takeStep(i.id, step, note);
      setNote("");
      await client.invalidateQueries({ queryKey: keys.incidents });
    } catch (problem) {
      setFailure(problem);
    }
    setBusy(false);
  }

  const texts = [["what", i.what], ["cause", i.cause], ["done", i.done], ["future", i.future]] as const;
  return (
    <>
      {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
      <p className={css.head}>
        <span className="quiet">{t("incident.span", { from: dayAndTime(i.from, language()), until: dayAndTime(i.until, language()) })}</span>
        <span className="quiet">{i.who_names.length > 0 ? t("incident.who_is", { names: i.who_names.join("、") }) : t("incident.who_all")}</span>
      </p>
      <p data-reach>
        {t("incident.reach", { persons: grouped(reach.persons), entries: grouped(reach.entries), files: grouped(reach.files) })}
        <span className="quiet"> {t("incident.held", { held: grouped(reach.held) })}</span>
      </p>
      <dl className={css.texts}>
        {texts.map(([name, text]) =>
          text === "" ? null : (
            <div key={name} style={{ display: "contents" }}>
              <dt>{t(`incident.${name}`)}</dt>
              <dd>{text}</dd>
            </div>
          ),
        )}
      </dl>
      {i.steps.length > 0 && (
        <ul className={css.steps}>
          {i.steps.map((s) => (
            <li key={s.act} data-step={s.act}>
              <b>{t(`incident.act.${s.act}`)}</b> {dayAndTime(s.at, language())} {s.by_name} {s.note && <span className="quiet">{s.note}</span>}
            </li>
          ))}
        </ul>
      )}
      {act && !taken.has(act) && (
        <form
          className={css.form}
          onSubmit={(e) => {
            e.preventDefault();
            void take(act);
          }}
        >
          {!ward && (
            <Select
              label={t("incident.step")}
              allowDeselect={false}
              value={act}
              onChange={(v) => setChosen(v as IncidentAct)}
              data={left.map((a) => ({ value: a, label: t(`incident.act.${a}`) }))}
            />
          )}
          <TextInput label={t("incident.note")} description={t("targets.no_persons")} maxLength={1000} value={note} onChange={(e) => setNote(e.currentTarget.value)} />
          <div className={`${css.wide} ${css.actions}`}>
            <Button type="submit" loading={busy}>
              {t(ward ? "incident.acknowledge" : "incident.take")}
            </Button>
          </div>
        </form>
      )}
    </>
  );
}
