import { Button, Tooltip } from "@mantine/core";
import { IconCheck, IconDeviceLandlinePhone, IconPhone, IconPhoneCalling, IconPhoneOff, IconPlugConnected, IconPlugConnectedX, IconUserCheck } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useDeskName, useLineUp } from "../../api/hooks";
import type { Phone } from "../../api/types";
import { phoneNumber } from "../../format/phone";
import { timeOfDay } from "../../format/time";
import { language, inTime } from "../../i18n";
import { keepKeys } from "../../keys/keepKeys";
import { Chip } from "../../parts/Chip";
import { Key } from "../../parts/Key";
import { Notice } from "../../parts/Notice";
import { RunningClock } from "../../parts/RunningClock";
import { useProblemText } from "../../parts/useWords";
import { useOverlays } from "../../shell/overlays";
import { AwayNow } from "./Away";
import css from "./desk.module.css";
import { Keypad, takesKeys } from "./Keypad";
import { Incoming } from "./Incoming";
import { MachineEnd, NameCase, Standing, TalkControls } from "./TalkControls";
import { announces, type MyDesk, type Telephone } from "./useDesk";

const Announcements = lazy(() => inTime(() => import("../talk/Announcements")));

interface Props {
  mine: MyDesk;
  phone: Phone | undefined;
  /** Why nothing can be dialled now; empty when it can. */
  obstacle: string;
  telephone: Telephone;
  onDial: () => void;
  /** The list of desks to hand the talk on to is open. */
  choosing: boolean;
  onChoose: (open: boolean) => void;
  /** Nobody is known to be there: what is heard may be the network's own announcement. */
  nobody: boolean;
  /** Ends the call and says that a machine took it; absent where somebody is there. */
  onMachine?: (() => void) | undefined;
  /** Opens the search for the case of a call that came in; absent where there is none. */
  onName?: (() => void) | undefined;
}

/** The telephone: what it does, for how long, and the one button that matters now. */
export function CallBar({ mine, phone, obstacle, telephone, onDial, choosing, onChoose, nobody, onMachine, onName }: Props) {
  const { t } = useTranslation();
  const say = useProblemText();
  const { open: overlay } = useOverlays();
  const deskName = useDeskName();
  return (
    <section className={css.callBar} data-phase={mine.phase} aria-label={t("call.region")}>
      <div aria-live="assertive" className="visually-hidden">
        {t(`call.said.${stageOf(mine)}`)}
      </div>
      {mine.phase === "away" && <AwayNow desk={mine.desk} busy={telephone.asking} onBack={telephone.comeBack} />}
      {mine.desk.ringing && mine.phase === "ringing" && <Incoming call={mine.desk.ringing} />}
      {(mine.phase === "idle" || mine.phase === "ringing") && <Ready phone={mine.phase === "idle" ? phone : null} obstacle={obstacle} busy={telephone.asking} onDial={onDial} />}
      {(mine.phase === "calling" || mine.phase === "talking") && <Running mine={mine} nobody={nobody} onHangUp={telephone.hangUp} />}
      {nobody && announces(mine.call) && (
        <div className={css.slot}>
          <Suspense>
            <Announcements call={mine.call} onHeard={telephone.heard} />
          </Suspense>
        </div>
      )}
      {mine.call?.state === "talking" && <TalkControls call={mine.call} telephone={telephone} choosing={choosing} onChoose={onChoose} onMachine={onMachine} />}
      {mine.phase === "wrap_up" && (
        <div className={css.callRow}>
          <IconCheck size={26} aria-hidden />
          <div>
            <div className={css.callState}>{t("call.wrap_up")}</div>
            <div className="quiet">{t("call.wrap_up_hint")}</div>
          </div>
          {onMachine && (
            <span className={css.machine}>
              <MachineEnd onPress={onMachine} />
            </span>
          )}
        </div>
      )}
      <div className={css.controls}>
        {takesKeys(mine.call) && <Keypad call={mine.call} covered={overlay !== null} />}
        {onName && <NameCase onOpen={onName} />}
        {mine.call?.state === "talking" && <Standing call={mine.call} />}
      </div>
      {mine.desk.paused_by_name && mine.phase !== "away" && (
        <Notice tone="note">{t("away.paused_soon", { name: mine.desk.paused_by_name, reason: mine.desk.pause_reason })}</Notice>
      )}
      {telephone.missed && (
        <Notice tone="bad">{t("talk.not_taken", { desk: deskName(telephone.missed) })}</Notice>
      )}
      {telephone.refusal !== null && <Notice tone="bad">{say(telephone.refusal)}</Notice>}
    </section>
  );
}

interface ReadyProps {
  /** The number that the button dials; null while another number stands there, that calls us. */
  phone: Phone | undefined | null;
  obstacle: string;
  busy: boolean;
  onDial: () => void;
}

function Ready({ phone, obstacle, busy, onDial }: ReadyProps) {
  const { t } = useTranslation();
  return (
    <>
      {phone !== null && (
        <div className={css.dialTarget}>
          <span className={css.dialLabel}>
            <span className="quiet">{t("call.to")}</span>
            <LineChip />
          </span>
          <span className={`digits ${css.dialNumber}`}>{phone ? phoneNumber(phone.number) : t("call.no_number")}</span>
        </div>
      )}
      <Tooltip label={obstacle} disabled={!obstacle} position="bottom" withArrow>
        <Button
          size="xl"
          fullWidth
          data-desk-key
          className={css.dial}
          leftSection={<IconPhone size={26} aria-hidden />}
          rightSection={<Key name="Enter" />}
          aria-keyshortcuts="Enter"
          aria-describedby={obstacle ? "dial-obstacle" : undefined}
          data-disabled={obstacle ? true : undefined}
          aria-disabled={obstacle ? true : undefined}
          loading={busy}
          onClick={(event) => (obstacle ? event.preventDefault() : onDial())}
        >
          {t("call.dial")}
        </Button>
      </Tooltip>
      {obstacle && (
        <div id="dial-obstacle" className={css.obstacle}>
          {obstacle}
        </div>
      )}
    </>
  );
}

/** Whether there is a line to call by; nothing while that is not known. */
function LineChip() {
  const { t } = useTranslation();
  const up = useLineUp();
  if (up === undefined) return null;
  return (
    <Chip tone={up ? "talk" : "bad"} icon={up ? <IconPlugConnected size={15} aria-hidden /> : <IconPlugConnectedX size={15} aria-hidden />}>
      {t(up ? "call.line_up" : "call.line_down")}
    </Chip>
  );
}

type Stage = "ready" | "away" | "ringing" | "calling_desk" | "calling_customer" | "talking" | "ending" | "wrap_up";

function stageOf(mine: MyDesk): Stage {
  if (mine.phase === "wrap_up") return "wrap_up";
  if (mine.phase === "ringing" || mine.phase === "away") return mine.phase;
  if (mine.phase === "idle") return "ready";
  const state = mine.call?.state;
  if (state === "calling_customer" || state === "talking" || state === "ending") return state;
  return "calling_desk";
}

function Running({ mine, nobody, onHangUp }: { mine: MyDesk; nobody: boolean; onHangUp: () => void }) {
  const { t } = useTranslation();
  const stage = stageOf(mine);
  const { call } = mine;
  const since = (stage === "talking" ? call?.answered_at : stage === "calling_customer" ? call?.dialled_at : undefined) ?? call?.started_at;
  const Icon = stage === "talking" ? IconUserCheck : stage === "calling_desk" ? IconDeviceLandlinePhone : IconPhoneCalling;
  return (
    <>
      <div className={css.callRow}>
        <Icon size={30} stroke={1.6} aria-hidden />
        <div className={css.callWords}>
          <div className={css.callState}>{t(`call.state.${stage === "ready" || stage === "away" || stage === "ringing" || stage === "wrap_up" ? "ending" : stage}`)}</div>
          <div className={css.callHint}>{t(`call.hint.${call?.direction === "inbound" && stage === "talking" ? "inbound" : hintOf(stage, !!call?.ringing_at || !!call?.early_media)}`)}</div>
        </div>
        {since && <RunningClock since={since} className={css.clock} />}
        <Button
          color="red"
          size="md"
          onMouseDown={keepKeys}
          className={css.hangUp}
          leftSection={<IconPhoneOff size={20} aria-hidden />}
          rightSection={<Key name="Esc" />}
          aria-keyshortcuts="Escape H"
          disabled={stage === "ending"}
          onClick={onHangUp}
        >
          {t("call.hang_up")}
        </Button>
      </div>
      {call?.direction !== "inbound" && !(stage === "talking" && nobody) && <Steps stage={stage} answeredAt={call?.answered_at} />}
    </>
  );
}

function hintOf(stage: Stage, ringing: boolean): "calling_desk" | "reaching" | "ringing" | "talking" | "ending" {
  if (stage === "calling_customer") return ringing ? "ringing" : "reaching";
  return stage === "calling_desk" || stage === "talking" ? stage : "ending";
}

const steps = ["calling_desk", "calling_customer", "talking"] as const;

function Steps({ stage, answeredAt }: { stage: Stage; answeredAt: string | undefined }) {
  const { t } = useTranslation();
  const now = steps.findIndex((s) => s === stage);
  return (
    <ol className={css.steps} aria-label={t("call.steps")}>
      {steps.map((step, i) => (
        <li key={step} aria-current={i === now ? "step" : undefined} data-done={i < now || stage === "ending" || undefined}>
          {t(`call.step.${step}`)}
          {step === "talking" && answeredAt && <span className="digits"> {timeOfDay(answeredAt, language())}</span>}
        </li>
      ))}
    </ol>
  );
}
