import {
  IconAlertTriangle, IconArmchair, IconCircleCheck, IconCoffee, IconDeviceLandlinePhone, IconPencil, IconPhoneCalling, IconPhoneIncoming, IconPhoneOff, IconPlayerPause,
  IconPlugConnectedX, IconUserCheck,
} from "@tabler/icons-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { Wall as Shown, WallDesk } from "../../api/types";
import { day, elapsed, timeOfDay } from "../../format/time";
import { yen as grouped } from "../../format/yen";
import { language } from "../../i18n";
import { useServerNow } from "../../live/clock";
import type { LinkState } from "../../live/connection";
import type { Tone } from "../../parts/Chip";
import { inWords } from "../../parts/useWords";
import { Preferences } from "../../shell/Preferences";
import { CodeForm } from "./CodeForm";
import { Curve } from "./Curve";
import { useWall } from "./useWall";
import { ahead, cardsAtMost, shownResults, tally, wallDoing, type WallDoing } from "./wall";
import css from "./wall.module.css";

/** A screen on the wall: no person is signed in there, and none is shown. */
export default function Wall() {
  const { t } = useTranslation();
  const { sight, enter } = useWall();
  useEffect(() => {
    document.title = `Kakeru — ${t("wall.title")}`;
  }, [t]);
  if (sight.step === "asking") return null;
  if (sight.step === "code") return <CodeForm ended={sight.ended} onOpen={enter} />;
  return <Picture wall={sight.wall} link={sight.link} />;
}

const signs: Record<WallDoing, { tone: Tone; Icon: typeof IconArmchair }> = {
  empty: { tone: "still", Icon: IconArmchair },
  ready: { tone: "note", Icon: IconArmchair },
  ringing: { tone: "wait", Icon: IconPhoneIncoming },
  calling_desk: { tone: "wait", Icon: IconDeviceLandlinePhone },
  calling_customer: { tone: "wait", Icon: IconPhoneCalling },
  talking: { tone: "talk", Icon: IconUserCheck },
  ending: { tone: "still", Icon: IconPhoneOff },
  wrap_up: { tone: "note", Icon: IconPencil },
  away: { tone: "still", Icon: IconCoffee },
  paused: { tone: "wait", Icon: IconPlayerPause },
  gone: { tone: "bad", Icon: IconPlugConnectedX },
};

function Picture({ wall, link }: { wall: Shown; link: LinkState }) {
  const { t } = useTranslation();
  return (
    <main className={css.wall} data-wall data-link={link}>
      <Head wall={wall} link={link} />
      <section className={css.today} aria-label={t("wall.today")}>
        <Today wall={wall} />
        <Curve curve={wall.curve} />
      </section>
      <div className={css.side}>
        <Results wall={wall} />
        <Month wall={wall} />
      </div>
      <Desks desks={wall.desks} />
      <Alerts wall={wall} />
    </main>
  );
}

function Head({ wall, link }: { wall: Shown; link: LinkState }) {
  const { t } = useTranslation();
  const now = useServerNow();
  const at = new Date(now).toISOString();
  const open = wall.hours.open;
  return (
    <header className={css.head}>
      <h1>{wall.name}</h1>
      <span className={css.state} data-tone={open ? "talk" : "still"} data-open={open}>
        {open ? (wall.hours.today && !wall.hours.always_open ? t("wall.open_until", { at: wall.hours.today.to }) : t("wall.open")) : t("wall.closed")}
      </span>
      <span className={css.state} data-tone={wall.line_up ? "talk" : "bad"} data-line={wall.line_up ? "up" : "down"}>
        {wall.line_up ? <IconCircleCheck aria-hidden /> : <IconAlertTriangle aria-hidden />}
        {wall.line_up ? t("wall.line_up") : t("wall.line_down")}
      </span>
      {link === "lost" && (
        <span className={css.state} data-tone="bad" role="alert">
          <IconPlugConnectedX aria-hidden />
          {t("wall.lost", { at: timeOfDay(wall.at, language()) })}
        </span>
      )}
      {wall.demo && (
        <span className={css.state} data-tone="note">
          {t("wall.demo")}
        </span>
      )}
      <div className={css.tools}>
        <Preferences />
      </div>
      <span className={css.date}>{day(at, language())}</span>
      <time className={css.clock}>{timeOfDay(at, language())}</time>
    </header>
  );
}

function Today({ wall }: { wall: Shown }) {
  const { t } = useTranslation();
  const now = useServerNow(10_000);
  const more = ahead(wall, now);
  const { attempts, answered, target } = wall.today;
  return (
    <div className={css.figure} data-wall-today={attempts}>
      <h2>{t("wall.today")}</h2>
      <p className={css.huge}>
        <b>{grouped(attempts)}</b>
        {target > 0 && <span> / {grouped(target)}</span>}
        <small>{t("wall.calls")}</small>
      </p>
      <p className={css.pace} data-tone={target === 0 ? "still" : more >= 0 ? "talk" : "wait"}>
        {target === 0 ? t("wall.no_plan") : more >= 0 ? t("wall.ahead", { n: grouped(more) }) : t("wall.behind", { n: grouped(-more) })}
      </p>
      <p className={css.sub}>{t("wall.answered", { n: grouped(answered), rate: attempts > 0 ? Math.round((100 * answered) / attempts) : 0 })}</p>
    </div>
  );
}

function Results({ wall }: { wall: Shown }) {
  const { t } = useTranslation();
  const rows = shownResults(wall.today.by_result, wall.desks.length > oneRow ? 4 : wall.alerts.length > 1 ? 5 : 6);
  const most = Math.max(1, ...rows.map((r) => r.count));
  return (
    <section className={css.panel} aria-label={t("wall.results")}>
      <h2>{t("wall.results")}</h2>
      <table className={css.results}>
        <tbody>
          {rows.map(({ result, count }) => (
            <tr key={result}>
              <th scope="row">{t(`result.${result}`)}</th>
              <td aria-hidden="true">
                <div style={{ width: `${(count / most) * 100}%` }} data-result={result} />
              </td>
              <td className={css.count}>{grouped(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Month({ wall }: { wall: Shown }) {
  const { t } = useTranslation();
  const { month, done, target } = wall.month;
  const share = target > 0 ? Math.min(100, (100 * done) / target) : 0;
  return (
    <section className={css.panel} aria-label={t("wall.month", { month: Number(month.slice(5)) })}>
      <h2>{t("wall.month", { month: Number(month.slice(5)) })}</h2>
      <p className={css.large}>
        <b>{grouped(done)}</b>
        {target > 0 && <span> / {grouped(target)}</span>}
      </p>
      <div className={css.bar} aria-hidden="true">
        <div style={{ width: `${share}%` }} />
      </div>
    </section>
  );
}

function Desks({ desks }: { desks: WallDesk[] }) {
  const { t } = useTranslation();
  const now = useServerNow();
  if (desks.length > cardsAtMost)
    return (
      <section className={css.desks} aria-label={t("wall.desks")} data-many>
        {tally(desks)
          .slice(0, 8)
          .map(({ doing, count }) => {
            const { tone, Icon } = signs[doing];
            return (
              <div key={doing} className={css.tally} data-tone={tone} data-doing={doing}>
                <Icon aria-hidden />
                <span>{t(`wall.doing.${doing}`)}</span>
                <b>{grouped(count)}</b>
              </div>
            );
          })}
      </section>
    );
  return (
    <section
      className={css.desks}
      aria-label={t("wall.desks")}
      data-size={desks.length > oneRow ? "small" : undefined}
      style={{ gridTemplateColumns: `repeat(${desks.length > oneRow ? Math.ceil(desks.length / 2) : Math.max(1, desks.length)}, minmax(0, 1fr))` }}
    >
      {desks.map((desk) => {
        const doing = wallDoing(desk);
        const { tone, Icon } = signs[doing];
        return (
          <div key={desk.name} className={css.desk} data-tone={tone} data-doing={doing}>
            <h2>{desk.name}</h2>
            <p>
              <Icon aria-hidden />
              {t(`wall.doing.${doing}`)}
            </p>
            <span className={css.deskClock} role="timer" aria-live="off">
              {doing === "empty" || doing === "gone" ? "" : elapsed(now - Date.parse(desk.since))}
            </span>
          </div>
        );
      })}
    </section>
  );
}

/** How many desks stand in one row; with more there are two, and less room above. */
const oneRow = 4;

/** How many alerts are shown whole; the others are counted. */
const alertsShown = 2;

function Alerts({ wall }: { wall: Shown }) {
  const { t } = useTranslation();
  const more = wall.alerts.length - alertsShown;
  return (
    <section className={css.alerts} aria-label={t("wall.alerts")} aria-live="polite" data-alerts={wall.alerts.length}>
      {wall.alerts.length === 0 && (
        <p data-tone="talk">
          <IconCircleCheck aria-hidden />
          {t("wall.no_alerts")}
        </p>
      )}
      {wall.alerts.slice(0, alertsShown).map((a, i) => (
        <p key={a.kind + a.at} data-tone="bad">
          <IconAlertTriangle aria-hidden />
          <span>
            {a.desk && <b>{a.desk} </b>}
            {inWords({ ja: a.text, en: a.text_en })}
          </span>
          {more > 0 && i === alertsShown - 1 && <b className={css.more}>{t("wall.more_alerts", { n: more })}</b>}
          <time>{timeOfDay(a.at, language())}</time>
        </p>
      ))}
    </section>
  );
}
