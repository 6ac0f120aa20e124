import { Button, Select } from "@mantine/core";
import { IconCircleCheck, IconClock, IconDownload } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { MinutesRevision, MinutesText, Role, Side } from "../../api/types";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Chip } from "../../parts/Chip";
import { Notice } from "../../parts/Notice";
import parts from "../../parts/parts.module.css";
import { save } from "../../parts/save";
import { useProblemText } from "../../parts/useWords";
import css from "./minutes.module.css";
import { MinutesForm } from "./MinutesForm";
import frame from "./reports.module.css";

const sides: Side[] = ["ward", "contractor"];

/** 議事録: the contractor's supervisor writes, and both sides read and sign. */
export function Minutes({ month, role }: { month: string; role: Role }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const [chosen, setChosen] = useState(0);
  const [writing, setWriting] = useState<{ from: number; text: MinutesText } | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const { data, error } = useQuery({
    queryKey: [...keys.reports, "minutes", month, chosen],
    queryFn: () => kakeru.getMinutes(month, chosen),
    refetchInterval: 30_000,
  });
  if (error) return <Notice tone="bad">{say(error)}</Notice>;
  if (!data) return null;
  const revisions = data.revisions;
  const newest = revisions.length;
  const shown = revisions[data.revision - 1];
  const mine: Side = role === "ward" ? "ward" : "contractor";
  const mayWrite = role === "supervisor" && data.revision === newest;

  async function doing(act: () => Promise<unknown>) {
    setFailure(null);
    try {
      await act();
    } catch (problem) {
      setFailure(problem);
    }
    await client.invalidateQueries({ queryKey: [...keys.reports, "minutes", month] });
  }

  return (
    <section className={`${parts.panel} ${frame.section}`} aria-labelledby="minutes" data-minutes={newest}>
      <h3 id="minutes" className={frame.head}>
        {t("minutes.title")}
      </h3>
      {newest > 1 && (
        <Select
          label={t("minutes.version")}
          allowDeselect={false}
          value={String(data.revision)}
          onChange={(r) => setChosen(Number(r) === newest ? 0 : Number(r))}
          data={revisions.map((r) => ({ value: String(r.revision), label: t("minutes.revision", { n: r.revision, name: r.by_name, at: dayAndTime(r.at, language()) }) })).reverse()}
          style={{ maxWidth: "26rem" }}
        />
      )}
      {shown ? <Signatures of={shown} /> : <p>{t("minutes.none")}</p>}
      {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
      {writing && (
        <MinutesForm
          month={month}
          of={writing.text}
          from={writing.from}
          newest={newest}
          onDone={() => {
            setWriting(null);
            setChosen(0);
          }}
        />
      )}
      {shown && (!writing || writing.from !== newest) && <Text of={data.minutes} />}
      {!writing && (
        <div className={frame.issue}>
          {shown && data.revision === newest && !shown.signed.some((s) => s.side === mine) && (
            <Button onClick={() => void doing(() => kakeru.signMinutes(month, shown.revision))}>{t("minutes.sign", { n: shown.revision })}</Button>
          )}
          {mayWrite && (
            <Button variant="default" onClick={() => setWriting({ from: newest, text: data.minutes })}>
              {t(shown ? "minutes.edit" : "minutes.write")}
            </Button>
          )}
          {shown && (
            <Button
              variant="default"
              leftSection={<IconDownload size={15} aria-hidden />}
              onClick={() => void doing(async () => save(await kakeru.getMinutesFile(month, shown.revision), `minutes-${month}-${shown.revision}.pdf`))}
            >
              PDF
            </Button>
          )}
        </div>
      )}
    </section>
  );
}

/** Who has signed a revision, by side. */
function Signatures({ of }: { of: MinutesRevision }) {
  const { t } = useTranslation();
  return (
    <>
      <dl className={css.signatures} aria-label={t("minutes.signatures")}>
        {sides.map((side) => {
          const signed = of.signed.find((s) => s.side === side);
          return (
            <div key={side} data-signed={signed ? side : undefined}>
              <dt>{t(`minutes.${side}`)}</dt>
              <dd>
                {signed ? (
                  <Chip tone="talk" icon={<IconCircleCheck size={15} aria-hidden />}>
                    {t("minutes.signed", { name: signed.by_name, at: dayAndTime(signed.at, language()) })}
                  </Chip>
                ) : (
                  <Chip tone="wait" icon={<IconClock size={15} aria-hidden />}>
                    {t("minutes.unsigned")}
                  </Chip>
                )}
              </dd>
            </div>
          );
        })}
      </dl>
      {of.frozen && (
        <p className="quiet" data-frozen>
          {t("minutes.frozen")}
          <br />
          <code style={{ overflowWrap: "anywhere" }}>SHA-256 {of.sha256}</code>
        </p>
      )}
    </>
  );
}

/** Minutes as they are read. */
function Text({ of }: { of: MinutesText }) {
  const { t } = useTranslation();
  const tasks = (of.to_do ?? []).map((task) => [task.what, task.who, task.by].filter(Boolean).join(" / "));
  const fields = (["on", "place", "present", "agenda", "decided"] as const).map((name) => [name, of[name]] as const);
  return (
    <dl className={css.text}>
      {[...fields, ["to_do", tasks.join("\n")] as const, ["next", of.next] as const].map(([name, text]) => (
        <div key={name}>
          <dt>{t(`minutes.${name}`)}</dt>
          <dd data-minutes-field={name}>{text || t("minutes.nobody")}</dd>
        </div>
      ))}
    </dl>
  );
}
