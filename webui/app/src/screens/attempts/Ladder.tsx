import { useTranslation } from "react-i18next";
import { useDesks } from "../../api/hooks";
import type { Evidence } from "../../api/types";
import { timeWithSeconds } from "../../format/time";
import { language } from "../../i18n";
import css from "./attempts.module.css";

type Event =
  | "invite_sent" | "trying" | "ringing" | "talk_asked" | "early_media" | "answered" | "challenged" | "asked_again" | "changed" | "rerouted" | "final"
  | "cancel_sent" | "bye_sent" | "bye_received" | "no_response" | "gone" | "hangup_asked" | "ring_limit" | "talk_limit" | "forbidden" | "withheld" | "answer_crossed_cancel"
  | "hung_up_after_restart" | "digits_sent"
  | "invite_received" | "answer_sent" | "refusal_sent" | "cancel_received" | "answered_elsewhere" | "announced"
  | "held" | "resumed" | "transfer_asked" | "consulting" | "transferred" | "transfer_failed"
  | "recording_began" | "recording_paused" | "recording_resumed" | "recording_gap" | "recording_ended" | "recording_failed"
  | "one_way_audio" | "dead_air" | "sound_back" | "heard" | "announcement_heard" | "more";

// Which way a message went; what happened on our side alone has no arrow.
const arrows: Partial<Record<Event, "→" | "←">> = {
  invite_sent: "→", cancel_sent: "→", bye_sent: "→", talk_asked: "→", digits_sent: "→", trying: "←", ringing: "←", early_media: "←", answered: "←", final: "←",
  challenged: "←", changed: "←", rerouted: "←", bye_received: "←", answer_crossed_cancel: "←",
  invite_received: "←", cancel_received: "←", answered_elsewhere: "←", answer_sent: "→", refusal_sent: "→",
};

// Where the words are for what stands beside an event of ours. Beside the network's events stands what the network has said.
const reasons: Partial<Record<Event, "ended_by" | "announcement" | "listening.fault">> = {
  hangup_asked: "ended_by", announcement_heard: "announcement", recording_ended: "listening.fault", recording_failed: "listening.fault",
};

/** What stands beside an event, in words where there are some. */
function useReason() {
  const { t, i18n } = useTranslation();
  const { data: desks } = useDesks();
  return ({ event, reason = "" }: Evidence) => {
    const word = `${reasons[event as Event] ?? ""}.${reason}`;
    if (reason && i18n.exists(word)) return t(word as "ended_by.operator");
    const [kind, confidence] = reason.split(" ");
    if (event === "more" && i18n.exists(`ladder.event.${kind}`)) return t("ladder.more", { what: t(`ladder.event.${kind as Event}`), n: Number(confidence) });
    if (event === "heard" && i18n.exists(`hint.${kind}`)) return t(`hint.${kind as "fax"}`, { percent: Math.round(Number(confidence) * 100) });
    const desk = desks?.find((d) => reason === d.id || reason.startsWith(`${d.id}: `));
    if (!desk) return reason;
    const why = reason.slice(desk.id.length + 2);
    return i18n.exists(`ladder.failed.${why}`) ? `${desk.name}: ${t(`ladder.failed.${why as "taken back"}`)}` : `${desk.name}${reason.slice(desk.id.length)}`;
  };
}

/** What was seen and done on both legs, in order: the proof behind the verdict. */
export function Ladder({ evidence }: { evidence: Evidence[] }) {
  const { t } = useTranslation();
  const reasonOf = useReason();
  if (evidence.length === 0) return <p className="quiet">{t("ladder.none")}</p>;
  return (
    <ol className={css.ladder}>
      {evidence.map((e, i) => (
        <li key={i} data-leg={e.leg} data-event={e.event}>
          <span className="digits quiet">{timeWithSeconds(e.at, language())}</span>
          <span className={css.leg}>{t(`ladder.leg.${e.leg}`)}</span>
          <span className={css.arrow} aria-hidden="true">
            {arrows[e.event as Event] ?? "·"}
          </span>
          <span>
            {t(`ladder.event.${e.event as Event}`)}
            {(e.status || e.reason || e.cause) && (
              <code className={css.code}>
                {[e.status || "", reasonOf(e), e.cause ? `Q.850 ${e.cause}` : ""].filter(Boolean).join(" ")}
              </code>
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}
