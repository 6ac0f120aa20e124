import { Button } from "@mantine/core";
import { IconPhoneCalling, IconPhoneIncoming, IconPhoneOff, IconUserCheck } from "@tabler/icons-react";
import { Link, useLocation } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../api/kakeru";
import { RunningClock } from "../parts/RunningClock";
import { useProblemText } from "../parts/useWords";
import { type MyDesk, useMyDesk } from "../screens/desk/useDesk";
import css from "./shell.module.css";

/** The call of whoever sits at a desk, over every screen but the desk's own: a call is never out of sight. */
export function CallStrip() {
  const mine = useMyDesk();
  const atDesk = useLocation({ select: (l) => l.pathname === "/desk" });
  if (!mine || atDesk || mine.phase === "idle" || mine.phase === "away") return null;
  return <Strip mine={mine} />;
}

function Strip({ mine }: { mine: MyDesk }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [refusal, setRefusal] = useState<unknown>(null);
  const { call, phase } = mine;
  const since = (phase === "talking" ? call?.answered_at : call?.dialled_at) ?? call?.started_at;
  const Icon = phase === "ringing" ? IconPhoneIncoming : phase === "talking" ? IconUserCheck : phase === "calling" ? IconPhoneCalling : IconPhoneOff;
  return (
    <section className={css.strip} aria-label={t("call.region")} data-strip={phase}>
      <Icon size={20} stroke={1.7} aria-hidden />
      <b role="status">{t(phase === "ringing" ? "incoming.title" : phase === "talking" ? "call.state.talking" : phase === "calling" ? "call.state.calling_customer" : "call.owed")}</b>
      {since && <RunningClock since={since} className={css.stripClock} />}
      {refusal !== null && <span>{say(refusal)}</span>}
      <span className={css.statusGap} />
      <Button component={Link} to="/desk" variant="default" size="compact-md">
        {t("call.to_desk")}
      </Button>
      {call && (
        <Button color="red" size="compact-md" leftSection={<IconPhoneOff size={17} aria-hidden />} disabled={call.state === "ending"} onClick={() => kakeru.hangUp(call.id).catch(setRefusal)}>
          {t("call.hang_up")}
        </Button>
      )}
    </section>
  );
}
