import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconCircleCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { Waiting } from "../../api/types";
import { languageName } from "../../format/language";
import { dayAndTime, fiscalYearName, longDate, monthName, plainDate } from "../../format/time";
import { yen as grouped } from "../../format/yen";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Chip, type Tone } from "../../parts/Chip";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import { Panel } from "../../parts/Panel";
import { useProblemText } from "../../parts/useWords";
import css from "./ward.module.css";

type Place = "/handoffs" | "/audit" | "/reports" | "/scripts" | "/targets";

interface Line {
  key: string;
  chip?: { tone: Tone; text: string };
  what: string;
  when: string;
  hash?: string;
}

/** What waits for the ward, each a link to where it is done; and nothing else. */
export function WardScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const { data, error } = useQuery({ queryKey: keys.waiting, queryFn: kakeru.getWaiting, refetchInterval: 60_000 });
  const panels = data ? lists(data, t as unknown as Say) : [];
  const some = panels.filter((p) => p.lines.length > 0);
  const none = panels.filter((p) => p.lines.length === 0);
  return (
    <div className={page.page}>
      <h1 className={page.title}>{t("ward.title")}</h1>
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {data && some.length === 0 && <Notice tone="talk">{t("ward.nothing")}</Notice>}
      <div className={css.lists}>
        {some.map((p) => (
          <Panel key={p.name} title={t(`ward.${p.name}`)} side={<Chip tone={p.tone}>{t("ward.count", { n: `${p.lines.length}${p.more ? "+" : ""}` })}</Chip>}>
            <ul className={css.list} data-waiting={p.name}>
              {p.lines.map((line) => (
                <li key={line.key}>
                  <Row line={line} to={p.to} />
                </li>
              ))}
            </ul>
          </Panel>
        ))}
      </div>
      {none.length > 0 && some.length > 0 && (
        <ul className={css.done} aria-label={t("ward.done")}>
          {none.map((p) => (
            <li key={p.name}>
              <IconCircleCheck size={16} aria-hidden /> {t(`ward.${p.name}`)}: {t("ward.none")}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Row({ line, to }: { line: Line; to: Place }): ReactNode {
  return (
    <Link to={to} {...(line.hash ? { hash: line.hash } : {})} className={css.row}>
      <span className={css.what}>
        {line.what}
        {line.chip && <Chip tone={line.chip.tone}>{line.chip.text}</Chip>}
      </span>
      <span className={css.when}>{line.when}</span>
    </Link>
  );
}

type Say = (key: string, more?: Record<string, unknown>) => string;

interface Waits {
  name: "handoffs" | "incidents" | "scripts" | "minutes" | "reports" | "targets";
  to: Place;
  tone: Tone;
  lines: Line[];
  more?: boolean;
}

/** The lists, the most pressing first. */
function lists(w: Waiting, t: Say): Waits[] {
  const at = (when: string) => dayAndTime(when, language());
  const period = (kind: string, name: string) => (kind === "day" ? longDate(name, language()) : kind === "year" ? fiscalYearName(name, language()) : monthName(name, language()));
  return [
    {
      name: "incidents",
      to: "/audit",
      tone: "bad",
      more: w.more_incidents,
      lines: w.incidents.map((i) => ({
        key: String(i.id),
        hash: "incidents",
        what: t("ward.incident", { n: i.id, kind: t(`incident.kind.${i.kind}`) }),
        ...(i.received ? {} : { chip: { tone: "bad" as const, text: t("ward.to_receive") } }),
        when: i.next ? t(i.next.late ? "ward.clock_late" : "ward.clock", { act: t(`incident.act.${i.next.act}`), at: at(i.next.due) }) : t("ward.clocks_met"),
      })),
    },
    {
      name: "handoffs",
      to: "/handoffs",
      tone: w.handoffs.some((h) => h.overdue) ? "bad" : "wait",
      more: w.more,
      lines: w.handoffs.map((h) => ({
        key: h.id,
        what: t(`handoff_kind.${h.kind}`),
        ...(h.overdue ? { chip: { tone: "bad" as const, text: t("handoffs.overdue") } } : h.state === "acknowledged" ? { chip: { tone: "note" as const, text: t("handoff_state.acknowledged") } } : {}),
        when: t("ward.due", { day: plainDate(h.due_on, language()) }),
      })),
    },
    {
      name: "scripts",
      to: "/scripts",
      tone: "wait",
      lines: w.scripts.map((s) => ({ key: s.id, what: s.title + (s.language === "ja" ? "" : ` (${languageName(s.language)})`), when: t("ward.drafted", { n: s.version, at: at(s.at) }) })),
    },
    {
      name: "minutes",
      to: "/reports",
      tone: "wait",
      lines: w.minutes.map((m) => ({ key: m.month, hash: `pack/${m.month}`, what: t("ward.minutes_of", { month: monthName(m.month, language()) }), when: t("ward.revision", { n: m.revision, at: at(m.at) }) })),
    },
    {
      name: "reports",
      to: "/reports",
      tone: "note",
      lines: w.reports.map((r) => ({ key: r.kind + r.period, hash: `${r.kind}/${r.period}`, what: `${t(`reports.${r.kind}`)} ${period(r.kind, r.period)}`, when: t("ward.revision", { n: r.revision, at: at(r.at) }) })),
    },
    {
      name: "targets",
      to: "/targets",
      tone: "wait",
      lines: [
        ...w.targets.map((g) => ({
          key: g.measure + g.period,
          what: t("ward.target", { measure: t(`targets.measure.${g.measure}`), period: period(g.kind, g.period) }),
          chip: { tone: "wait" as const, text: t("ward.will_fail") },
          when: t("ward.forecast", { n: grouped(g.forecast), target: grouped(g.target) }),
        })),
        ...w.notices.map((n) => ({ key: String(n.id), what: t("ward.notice", { n: n.id }), when: at(n.at) })),
      ],
    },
  ];
}
