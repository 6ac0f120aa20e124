import { Button, Drawer } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAttempt, useDeskName, useSession } from "../../api/hooks";
import type { Attempt } from "../../api/types";
import { dayAndTime, elapsed, isTime, tokyoDate } from "../../format/time";
import { language } from "../../i18n";
import { useEntryWords } from "../../parts/AttemptLine";
import { DirectionWord } from "../../parts/DirectionWord";
import { Notice } from "../../parts/Notice";
import { AttemptResult } from "../../parts/ResultChip";
import { useProblemText } from "../../parts/useWords";
import { CopyRecord } from "../cases/CopyRecord";
import { CorrectResult } from "../desk/CorrectResult";
import css from "./attempts.module.css";
import { Counted } from "./AttemptTable";
import { Disclosed } from "./Disclosed";
import { Ladder } from "./Ladder";
import { Listening } from "./Listening";
import { Sounded } from "./Sounded";
import { Trace } from "./Trace";

/** Everything that is known of one attempt: the verdict, why, by which rule, and the evidence it was decided on. */
export function AttemptDrawer({ id, onClose }: { id: string | null; onClose: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const { data: attempt, error } = useAttempt(id ?? undefined);
  return (
    <Drawer
      opened={id !== null}
      onClose={onClose}
      position="right"
      size="34rem"
      title={t("attempt.title")}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {attempt && <Details attempt={attempt} />}
    </Drawer>
  );
}

type EndedBy = "operator" | "customer" | "network" | "ring_limit" | "desk_limit" | "talk_limit" | "system" | "crash";

function Details({ attempt: a }: { attempt: Attempt }) {
  const { t } = useTranslation();
  const words = useEntryWords();
  const { role } = useSession().user;
  const deskName = useDeskName();
  const [correcting, setCorrecting] = useState(false);
  const [tracing, setTracing] = useState(false);
  const seesCases = role === "supervisor" || role === "operator";
  const seatOf = (id: string, who?: string) => `${deskName(id)}${who ? ` (${who})` : ""}`;
  const rows: [string, ReactNode][] = [
    [t("attempt.at"), <span className="digits">{dayAndTime(a.started_at, language())}</span>],
    [t("attempt.direction"), <DirectionWord attempt={a} />],
    a.origin === "sip" ? [t("attempt.desk"), seatOf(a.desk, a.operator_name)] : [t("attempt.operator"), a.operator_name ?? ""],
    [t("attempt.counted"), <Counted attempt={a} />],
  ];
  if (a.handed_desk) rows.push([t("attempt.handed_to"), seatOf(a.handed_desk, a.handed_to_name)]);
  if (a.number_kind) rows.push([t("attempt.number_kind"), t(`kind.${a.number_kind}`)]);
  if (a.origin === "sip" && isTime(a.answered_at) && isTime(a.ended_at)) {
    rows.push([t("attempt.talk"), <span className="digits">{elapsed(Date.parse(a.ended_at) - Date.parse(a.answered_at))}</span>]);
  }
  if (a.ended_by && a.origin === "sip") rows.push([t("attempt.ended_by"), t(`ended_by.${a.ended_by as EndedBy}`)]);
  if (a.confidence) rows.push([t("attempt.confidence"), t(`confidence.${a.confidence}`)]);
  if (a.rule) rows.push([t("attempt.rule"), <code>{a.rule}</code>]);
  if (a.trunk) rows.push([t("attempt.trunk"), <code>{a.trunk}</code>]);
  if (a.sip_call_id) rows.push(["Call-ID", <code className={css.callID}>{a.sip_call_id}</code>]);
  return (
    <div className={css.details} data-attempt={a.id}>
      <div className={css.verdict}>
        <AttemptResult attempt={a} />
        <p>{a.why}</p>
      </div>
      {a.entry && (
        <div className={css.entry}>
          <b>{words(a.entry)}</b>
          {a.entry.kind && <p>{t("inbound_kind.said", { kind: t(`inbound_kind.${a.entry.kind}`) })}</p>}
          {a.entry.call_again_at && <p>{t("attempt.call_again", { at: dayAndTime(a.entry.call_again_at, language()) })}</p>}
          {a.entry.note && <p className={css.note}>{a.entry.note}</p>}
          <p className="quiet">
            {t("attempt.recorded", { name: a.entry.by_name ?? "", at: a.entry.at ? dayAndTime(a.entry.at, language()) : "" })}
            {(a.entry.revision ?? 1) > 1 && t("attempt.revision", { count: a.entry.revision ?? 1 })}
          </p>
        </div>
      )}
      <dl className={css.rows}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {role === "supervisor" && a.case_id && <CopyRecord caseID={a.case_id} day={tokyoDate(Date.parse(a.started_at))} />}
      {seesCases && a.case_id && (
        <p>
          <Link to="/cases/$id" params={{ id: a.case_id }}>
            {t("attempt.to_case")}
          </Link>
        </p>
      )}
      {role === "supervisor" && a.result === "answered" && a.case_id && (
        <Button variant="default" size="sm" style={{ alignSelf: "flex-start" }} onClick={() => setCorrecting(true)}>
          {a.entry ? t("today.correct") : t("today.record")}
        </Button>
      )}
      <CorrectResult attempt={correcting ? a.id : null} onClose={() => setCorrecting(false)} />
      {a.recording && (
        <>
          <h3>{t("listening.title")}</h3>
          <Listening key={a.id} attempt={a.id} recording={a.recording} />
        </>
      )}
      {a.disclosures && a.disclosures.length > 0 && (
        <>
          <h3>{t("disclosed.title")}</h3>
          <Disclosed lines={a.disclosures} />
        </>
      )}
      {a.quality && <Sounded quality={a.quality} />}
      {a.origin === "sip" && (
        <>
          <h3>{t("ladder.title")}</h3>
          <Ladder evidence={a.evidence ?? []} />
        </>
      )}
      {a.origin === "sip" && (role === "supervisor" || role === "admin") && (
        <>
          <h3>{t("trace.title")}</h3>
          {tracing ? (
            <Trace call={a.id} />
          ) : (
            <Button variant="default" size="sm" style={{ alignSelf: "flex-start" }} onClick={() => setTracing(true)}>
              {t("trace.show")}
            </Button>
          )}
        </>
      )}
    </div>
  );
}
