import { Button } from "@mantine/core";
import {
  IconArrowBackUp, IconCheck, IconFileSearch, IconMicrophone, IconMicrophoneOff, IconPhoneOutgoing, IconPlayerPause, IconPlayerPlay, IconPlayerRecord,
  IconRecordMail, IconUsers,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useDeskName, useDesks } from "../../api/hooks";
import type { Call, Desk } from "../../api/types";
import { keepKeys } from "../../keys/keepKeys";
import { Chip } from "../../parts/Chip";
import { HintChip } from "../../parts/HintChip";
import { Key } from "../../parts/Key";
import { SilenceChip, SoundChip } from "../../parts/SoundChip";
import css from "./desk.module.css";
import type { Telephone } from "./useDesk";

interface Props {
  call: Call;
  telephone: Telephone;
  /** The list of desks to hand the talk on to is open. */
  choosing: boolean;
  onChoose: (open: boolean) => void;
  onMachine: (() => void) | undefined;
}

/** What can be done with a talk: hold, mute, hand on. How it stands is said by words and signs. */
export function TalkControls({ call, telephone, choosing, onChoose, onMachine }: Props) {
  const { t } = useTranslation();
  const handedOn = !!call.transfer_to;
  return (
    <>
      <div className={css.controls} role="group" aria-label={t("talk.controls")}>
        <Control
          name="8"
          icon={call.held ? <IconPlayerPlay size={16} aria-hidden /> : <IconPlayerPause size={16} aria-hidden />}
          disabled={handedOn}
          onClick={telephone.hold}
        >
          {t(call.held ? "talk.resume" : "talk.hold")}
        </Control>
        <Control
          name="9"
          icon={call.muted ? <IconMicrophone size={16} aria-hidden /> : <IconMicrophoneOff size={16} aria-hidden />}
          onClick={telephone.mute}
        >
          {t(call.muted ? "talk.unmute" : "talk.mute")}
        </Control>
        {call.recording && (
          <Control
            name="-"
            icon={call.recording === "paused" ? <IconPlayerRecord size={16} aria-hidden /> : <IconPlayerPause size={16} aria-hidden />}
            onClick={telephone.pauseRecording}
          >
            {t(call.recording === "paused" ? "talk.record_on" : "talk.record_pause")}
          </Control>
        )}
        {!handedOn && (
          <Control name="0" icon={<IconPhoneOutgoing size={16} aria-hidden />} expanded={choosing} onClick={() => onChoose(!choosing)}>
            {t("talk.transfer")}
          </Control>
        )}
        {!handedOn && onMachine && <MachineEnd onPress={onMachine} />}
        {handedOn && <Ending call={call} telephone={telephone} />}
      </div>
      {choosing && !handedOn && <Targets call={call} telephone={telephone} onDone={() => onChoose(false)} />}
    </>
  );
}

interface ControlProps {
  name: string;
  icon: ReactNode;
  children: ReactNode;
  onClick: () => void;
  disabled?: boolean;
  expanded?: boolean;
}

function Control({ name, icon, children, onClick, disabled, expanded }: ControlProps) {
  return (
    <Button
      size="compact-sm"
      variant="default"
      onMouseDown={keepKeys}
      leftSection={icon}
      rightSection={<Key name={name} />}
      aria-keyshortcuts={name}
      aria-expanded={expanded}
      disabled={disabled ?? false}
      onClick={onClick}
    >
      {children}
    </Button>
  );
}

/** Completing needs the other desk's answer only where the two were to talk first. */
function Ending({ call, telephone }: { call: Call; telephone: Telephone }) {
  const { t } = useTranslation();
  return (
    <>
      <Control name="E" icon={<IconCheck size={16} aria-hidden />} onClick={() => telephone.endTransfer("complete")} disabled={!call.consulting}>
        {t("talk.complete")}
      </Control>
      <Control name="Q" icon={<IconArrowBackUp size={16} aria-hidden />} onClick={() => telephone.endTransfer("cancel")}>
        {t("talk.take_back")}
      </Control>
    </>
  );
}

/** How a talk stands, where it is not simply going on. */
export function Standing({ call }: { call: Call }) {
  const { t } = useTranslation();
  const other = useDeskName()(call.transfer_to);
  return (
    <span className={css.standing} role="status">
      {call.recording && (
        <Chip
          tone={call.recording === "on" ? "note" : "wait"}
          icon={call.recording === "on" ? <IconPlayerRecord size={15} aria-hidden /> : <IconPlayerPause size={15} aria-hidden />}
        >
          {t(call.recording === "on" ? "talk.recording" : "talk.recording_paused")}
        </Chip>
      )}
      {call.held && !other && (
        <Chip tone="wait" icon={<IconPlayerPause size={15} aria-hidden />}>
          {t("talk.held")}
        </Chip>
      )}
      {call.muted && (
        <Chip tone="wait" icon={<IconMicrophoneOff size={15} aria-hidden />}>
          {t("talk.muted")}
        </Chip>
      )}
      {other && (
        <Chip tone="wait" icon={call.consulting ? <IconUsers size={15} aria-hidden /> : <IconPhoneOutgoing size={15} aria-hidden />}>
          {t(call.consulting ? "talk.consulting" : "talk.ringing_desk", { desk: other })}
        </Chip>
      )}
      <SoundChip call={call} />
      <HintChip call={call} />
      <SilenceChip call={call} />
    </span>
  );
}

/** Whether somebody sits at a desk and is free, as far as this panel can tell. */
export function canTake(desk: Desk, from: string): boolean {
  return desk.id !== from && desk.state === "ready" && !!desk.operator && desk.registered !== false && !desk.ringing;
}

function Targets({ call, telephone, onDone }: { call: Call; telephone: Telephone; onDone: () => void }) {
  const { t } = useTranslation();
  const { data: desks } = useDesks();
  const free = (desks ?? []).filter((d) => canTake(d, call.desk));
  const start = (desk: string, consult: boolean) => {
    onDone();
    telephone.transfer(desk, consult);
  };
  return (
    <div className={css.targets} role="group" aria-label={t("talk.transfer_to")}>
      {free.length === 0 && <p>{t("talk.nobody_free")}</p>}
      {free.map((desk, i) => (
        <div key={desk.id} className={css.target} data-target={desk.id}>
          <span>
            <b>{desk.name}</b> {desk.operator_name}
          </span>
          <Button
            size="compact-sm"
            variant="default"
            ref={i === 0 ? focusNow : undefined}
            aria-label={t("talk.consult_with", { desk: desk.name })}
            onClick={() => start(desk.id, true)}
          >
            {t("talk.consult_first")}
          </Button>
          <Button size="compact-sm" variant="default" aria-label={t("talk.at_once_to", { desk: desk.name })} onClick={() => start(desk.id, false)}>
            {t("talk.at_once")}
          </Button>
        </div>
      ))}
    </div>
  );
}

// By keyboard the list is gone through from its first button.
const focusNow = (button: HTMLButtonElement | null) => button?.focus();

/** A machine took the call: one press ends it and saves that. */
export function MachineEnd({ onPress }: { onPress: () => void }) {
  const { t } = useTranslation();
  return (
    <Control name="F7" icon={<IconRecordMail size={16} aria-hidden />} onClick={onPress}>
      {t("talk.machine_end")}
    </Control>
  );
}

/** Says whose call it is, where the number said another. */
export function NameCase({ onOpen }: { onOpen: () => void }) {
  const { t } = useTranslation();
  return (
    <Control name="/" icon={<IconFileSearch size={16} aria-hidden />} onClick={onOpen}>
      {t("talk.name_case")}
    </Control>
  );
}
