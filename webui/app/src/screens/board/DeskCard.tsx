import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { IconArmchair, IconCoffee, IconDeviceLandlinePhone, IconPencil, IconPhoneCalling, IconPhoneIncoming, IconPhoneOff, IconPhoneOutgoing, IconPlayerPause, IconPlayerPlay, IconUserCheck } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCalls, useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { Call, Desk } from "../../api/types";
import { Chip, type Tone } from "../../parts/Chip";
import { Notice } from "../../parts/Notice";
import { RunningClock } from "../../parts/RunningClock";
import { SilenceChip, SoundChip } from "../../parts/SoundChip";
import { useProblemText } from "../../parts/useWords";
import { SoundTable } from "../attempts/Sounded";
import { PhoneChip } from "../desk/SeatPicker";
import css from "./board.module.css";
import { DeskOrder } from "./DeskOrder";

export type Doing = "empty" | "ready" | "ringing" | "held" | "transferring" | "calling_desk" | "calling_customer" | "talking" | "ending" | "wrap_up" | "away";

export const looks: Record<Doing, { tone: Tone; Icon: typeof IconArmchair }> = {
  empty: { tone: "still", Icon: IconArmchair },
  ready: { tone: "note", Icon: IconArmchair },
  ringing: { tone: "wait", Icon: IconPhoneIncoming },
  held: { tone: "wait", Icon: IconPlayerPause },
  transferring: { tone: "wait", Icon: IconPhoneOutgoing },
  calling_desk: { tone: "wait", Icon: IconDeviceLandlinePhone },
  calling_customer: { tone: "wait", Icon: IconPhoneCalling },
  talking: { tone: "talk", Icon: IconUserCheck },
  ending: { tone: "still", Icon: IconPhoneOff },
  wrap_up: { tone: "note", Icon: IconPencil },
  away: { tone: "still", Icon: IconCoffee },
};

/** What a desk is doing, from its own state and its call's. */
export function doingOf(desk: Desk, call: Call | undefined): Doing {
  if (call?.state === "talking" && call.transfer_to) return "transferring";
  if (call?.state === "talking" && call.held) return "held";
  if (call && call.state !== "ended" && call.state !== "queued") return call.state;
  if (desk.state === "in_call") return "calling_desk";
  return desk.ringing ? "ringing" : desk.state;
}

/** One desk, live. A supervisor may hang up its call, which asks once more. */
export function DeskCard({ desk }: { desk: Desk }) {
  const { t } = useTranslation();
  const { data: calls } = useCalls();
  const supervises = useSession().user.role === "supervisor";
  const call = calls?.find((c) => c.desk === desk.id && c.state !== "ended");
  const rung = calls?.find((c) => c.id === desk.ringing && c.desk !== desk.id);
  const doing = doingOf(desk, call);
  const { tone, Icon } = looks[doing];
  const since = call?.state === "talking" ? call?.answered_at : doing === "calling_customer" ? call?.dialled_at : undefined;
  return (
    <section className={css.deskCard} data-doing={doing} data-desk={desk.id} aria-label={desk.name}>
      <header className={css.deskHead}>
        <h2>{desk.name}</h2>
        <PhoneChip desk={desk} />
      </header>
      <div className={css.deskNow}>
        <Chip tone={tone} icon={<Icon size={16} aria-hidden />}>
          {doing === "away" && desk.away ? t(`away.reason.${desk.away}`) : t(`doing.${doing}`)}
        </Chip>
        {call && (
          <>
            <SilenceChip call={call} />
            <Sound call={call} />
          </>
        )}
        {doing !== "empty" && <RunningClock since={since ?? (call ?? rung)?.started_at ?? desk.since} className={css.deskClock} />}
      </div>
      {desk.paused_by_name && (
        <p className={css.paused} data-paused>
          <IconPlayerPause size={16} aria-hidden /> {t("orders.paused_by", { name: desk.paused_by_name, reason: desk.pause_reason })}
          {desk.state !== "away" && <span className="quiet"> {t("orders.after_call")}</span>}
        </p>
      )}
      <div className={css.deskFoot}>
        <dl className={css.deskFacts}>
          <div>
            <dt>{t("board.operator")}</dt>
            <dd>{desk.operator_name || <span className="quiet">{t("board.nobody")}</span>}</dd>
          </div>
          {desk.touched_at && (
            <div>
              <dt>{t("board.touched")}</dt>
              <dd data-touched>
                <RunningClock since={desk.touched_at} /> {t("board.ago")}
              </dd>
            </div>
          )}
          <div>
            <dt>{t("board.case")}</dt>
            <dd>
              {desk.case_id ? (
                <Link to="/cases/$id" params={{ id: desk.case_id }} className="digits">
                  …{desk.case_id.slice(-8)}
                </Link>
              ) : (
                <span className="quiet">{t("board.no_case")}</span>
              )}
            </dd>
          </div>
        </dl>
        {supervises && (
          <div className={css.deskActs}>
            <PauseButtons desk={desk} />
            <HangUp call={call} />
          </div>
        )}
      </div>
    </section>
  );
}

/** Pauses the desk or signs its seat off, each with a reason; one press lets it go on. */
function PauseButtons({ desk }: { desk: Desk }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [ordering, setOrdering] = useState(false);
  const [refusal, setRefusal] = useState<unknown>(null);
  return (
    <>
      {desk.paused_by_name ? (
        <Button
          size="compact-sm"
          leftSection={<IconPlayerPlay size={16} aria-hidden />}
          onClick={() => void kakeru.releaseDesk(desk.id).then(() => setRefusal(null), setRefusal)}
        >
          {t("orders.release")}
        </Button>
      ) : null}
      <Button size="compact-sm" variant="default" leftSection={<IconPlayerPause size={16} aria-hidden />} onClick={() => setOrdering(true)}>
        {t("orders.open")}
      </Button>
      {refusal !== null && <Notice tone="bad">{say(refusal)}</Notice>}
      {ordering && <DeskOrder desk={desk} onClose={() => setOrdering(false)} />}
    </>
  );
}

/** How the call sounds; opened, in figures. */
function Sound({ call }: { call: Call }) {
  if (call.state !== "talking" || call.silent || !call.quality) return null;
  return (
    <details className={css.sound}>
      <summary>
        <SoundChip call={call} />
      </summary>
      <SoundTable quality={call.quality} />
    </details>
  );
}

function HangUp({ call }: { call: Call | undefined }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [sure, setSure] = useState(false);
  const [refusal, setRefusal] = useState<unknown>(null);
  function press() {
    if (!call) return;
    if (!sure) return setSure(true);
    setSure(false);
    kakeru.hangUp(call.id).catch(setRefusal);
  }
  return (
    <>
      <Button
        size="compact-sm"
        color="red"
        variant={sure ? "filled" : "default"}
        disabled={!call || call.state === "ending"}
        title={call ? undefined : t("board.no_call")}
        leftSection={<IconPhoneOff size={16} aria-hidden />}
        onClick={press}
        onBlur={() => setSure(false)}
      >
        {sure && call ? t("board.hang_up_sure") : t("board.hang_up")}
      </Button>
      {refusal !== null && <Notice tone="bad">{say(refusal)}</Notice>}
    </>
  );
}
