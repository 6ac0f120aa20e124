import { IconClock, IconDeviceLandlinePhone, IconFlask, IconPlugConnected, IconPlugConnectedX, IconTargetArrow } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useHours, useMyProgress, useProgress, useSession } from "../api/hooks";
import type { Hours } from "../api/types";
import { dayAndTime, timeOfDay } from "../format/time";
import { yen as grouped } from "../format/yen";
import { language } from "../i18n";
import { useServerNow } from "../live/clock";
import { useLink } from "../live/Live";
import { phoneOf } from "../screens/desk/SeatPicker";
import { useMyDesk } from "../screens/desk/useDesk";
import { ownShare } from "./pace";
import css from "./shell.module.css";

/** How things stand, on every screen: the phone, the connection, the hours, the day's pace. */
export function StatusLine() {
  const { t } = useTranslation();
  const session = useSession();
  const mine = useMyDesk();
  const { state } = useLink();
  const { data: hours } = useHours();
  const { data: progress } = useProgress();
  const { data: own } = useMyProgress(!!mine);
  const share = progress ? ownShare(progress) : 0;
  const phone = mine ? phoneOf(mine.desk) : "unknown";
  return (
    <footer className={css.status} aria-label={t("status.region")}>
      {mine && (
        <Item tone={phone === "there" || phone === "unknown" ? "good" : "bad"} icon={<IconDeviceLandlinePhone size={16} aria-hidden />}>
          {mine.desk.name}: {t(`phone.${phone}`)}
        </Item>
      )}
      <Item
        tone={state === "live" ? "good" : "bad"}
        icon={state === "live" ? <IconPlugConnected size={16} aria-hidden /> : <IconPlugConnectedX size={16} aria-hidden />}
      >
        <span data-link={state}>{t(`link.${state}`)}</span>
      </Item>
      {hours && <HoursItem hours={hours} />}
      {session.demo && (
        <Item tone="note" icon={<IconFlask size={16} aria-hidden />}>
          {t("status.demo")}
        </Item>
      )}
      <span className={css.statusGap} />
      {progress && (
        <Item icon={<IconTargetArrow size={16} aria-hidden />}>
          <span className="digits">
            {own && (
              <b className={css.own} data-own={own.attempts}>
                {t("status.own", { done: grouped(own.attempts) })}
                {share > 0 && ` / ${grouped(share)}`}
              </b>
            )}
            {t(own ? "status.centre" : "status.today", { done: grouped(progress.today.attempts) })}
            {progress.today.target > 0 && ` / ${grouped(progress.today.target)}`}
          </span>
        </Item>
      )}
      <Clock />
    </footer>
  );
}

function HoursItem({ hours }: { hours: Hours }) {
  const { t } = useTranslation();
  const icon = <IconClock size={16} aria-hidden />;
  if (hours.always_open) {
    return (
      <Item tone="note" icon={icon}>
        {t("status.always_open")}
      </Item>
    );
  }
  const span = hours.today ? `${clockTime(hours.today.from)}–${clockTime(hours.today.to)}` : "";
  if (hours.open) {
    return (
      <Item tone="good" icon={icon}>
        {t("status.open", { span })}
      </Item>
    );
  }
  return (
    <Item tone="bad" icon={icon}>
      {t("status.closed")}
      {hours.next_open_at && ` ${t("status.opens", { at: dayAndTime(hours.next_open_at, language()) })}`}
    </Item>
  );
}

// The hours come as "09:00" or as an instant.
function clockTime(at: string): string {
  return /^\d{2}:\d{2}/.test(at) ? at.slice(0, 5) : timeOfDay(at, language());
}

function Clock() {
  const now = useServerNow(1000);
  return <span className={`digits ${css.statusItem}`}>{timeOfDay(new Date(now).toISOString(), language())}</span>;
}

function Item({ tone, icon, children }: { tone?: "good" | "bad" | "note"; icon: ReactNode; children: ReactNode }) {
  return (
    <span className={css.statusItem} data-tone={tone}>
      {icon}
      <span>{children}</span>
    </span>
  );
}
