import { IconArrowForwardUp, IconMessageReply } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { Handoff } from "../../api/types";
import { dayAndTime, shortDate } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import css from "./talk.module.css";

const shown = 3;

/** What of the case in hand is with the ward, and what it answered, a line each: who calls must know before they speak. */
export default function CaseHandoffs({ about }: { about: string }) {
  const { t } = useTranslation();
  const { data } = useQuery({ queryKey: [...keys.handoffs, "case", about], queryFn: () => kakeru.getHandoffsOf(about), gcTime: 0 });
  const lines = (data ?? []).filter((h) => h.state === "open" || h.state === "acknowledged" || h.state === "answered").slice(0, shown);
  if (lines.length === 0) return null;
  return (
    <ul className={css.handoffs} aria-label={t("handoffs.of_case")}>
      {lines.map((h) => (
        <li key={h.id} data-handoff={h.state}>
          {h.state === "answered" ? <Answered handoff={h} /> : <Waiting handoff={h} />}
        </li>
      ))}
    </ul>
  );
}

function Waiting({ handoff }: { handoff: Handoff }) {
  const { t } = useTranslation();
  return (
    <>
      <IconArrowForwardUp size={17} aria-hidden />
      <span>
        <b>{t(`handoff_kind.${handoff.kind}`)}</b> {t(`handoff_state.${handoff.state}`)}{" "}
        <span className="quiet">{t("handoffs.answer_by", { day: shortDate(handoff.due_on) })}</span>
      </span>
    </>
  );
}

/** The ward's words are personal data: that they were read is written down, and they are not kept once the case is gone. */
function Answered({ handoff }: { handoff: Handoff }) {
  const { t } = useTranslation();
  const { data } = useQuery({ queryKey: [...keys.handoffs, handoff.id], queryFn: () => kakeru.getHandoff(handoff.id), gcTime: 0 });
  const answer = data?.events.findLast((e) => e.act === "answer");
  return (
    <>
      <IconMessageReply size={17} aria-hidden />
      <span className={css.answer}>
        <b>{t("handoffs.answered", { kind: t(`handoff_kind.${handoff.kind}`) })}</b> {answer?.text}{" "}
        <span className="quiet">{dayAndTime(handoff.moved_at, language())}</span>
      </span>
    </>
  );
}
