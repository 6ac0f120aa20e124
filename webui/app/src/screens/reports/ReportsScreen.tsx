import { SegmentedControl, Select, TextInput } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { ReportBody, ReportKind, ReportSection } from "../../api/types";
import { dayAndTime, fiscalYearName, tokyoDate } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { serverNow } from "../../live/clock";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import { useProblemText } from "../../parts/useWords";
import { Behind, type Asked } from "./Behind";
import { CountedHow } from "./CountedHow";
import { fiscalYear } from "./figures";
import { HeatMap, heatSections } from "./HeatMap";
import { Issue } from "./Issue";
import { Minutes } from "./Minutes";
import { said } from "./said";
import { SectionTable } from "./SectionTable";
import { Sms } from "./Sms";
import { Take } from "./Take";

const kinds = ["day", "month", "year", "analysis", "pack", "inspection", "privacy"] as const;

/** How long the periods of a kind of report are. */
const spanOf = (kind: ReportKind) => (kind === "day" || kind === "year" ? kind : "month");

/** A link to one report: its kind and its period behind the #, which goes to no server. */
function linkedTo(): { kind: ReportKind; period: string } | null {
  const [, kind, period] = /^#([a-z]+)\/(\d{4}(?:-\d{2}){0,2})$/.exec(location.hash) ?? [];
  return kind && period && (kinds as readonly string[]).includes(kind) ? { kind: kind as ReportKind, period } : null;
}

const drawn: readonly string[] = Object.values(heatSections);

/** The ward's reports and papers: as they stand now and as they were issued, each figure with the rows behind it. */
export function ReportsScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const { role } = useSession().user;
  const supervises = role === "supervisor";
  const today = tokyoDate(serverNow());
  const linked = useMemo(linkedTo, []);
  const [kind, setKind] = useState<ReportKind>(linked?.kind ?? "day");
  const [periods, setPeriods] = useState({ day: today, month: today.slice(0, 7), year: fiscalYear(today), ...(linked ? { [spanOf(linked.kind)]: linked.period } : {}) });
  const [revision, setRevision] = useState(0);
  const [asked, setAsked] = useState<Asked | null>(null);
  const span = spanOf(kind);
  const period = periods[span];
  const { data, error } = useQuery({
    queryKey: [...keys.reports, kind, period, revision],
    queryFn: () => kakeru.getReport(kind, period, revision),
    enabled: period !== "",
    placeholderData: keepPreviousData,
    refetchInterval: revision === 0 ? 60_000 : false,
  });
  const choose = (to: string) => {
    setPeriods({ ...periods, [span]: to });
    setRevision(0);
  };
  return (
    <div className={page.page}>
      <h1 className={page.title}>{t("door.reports")}</h1>
      <p className={page.lead}>{t("reports.lead")}</p>
      <CountedHow />
      <div className={page.tools}>
        <SegmentedControl
          aria-label={t("reports.kind")}
          value={kind}
          onChange={(k) => {
            setKind(k as ReportKind);
            setRevision(0);
          }}
          data={kinds.map((k) => ({ value: k, label: t(`reports.${k}`) }))}
        />
        <PeriodField kind={span} value={period} today={today} onChange={choose} />
        <Select
          label={t("reports.version")}
          allowDeselect={false}
          value={String(revision)}
          onChange={(r) => setRevision(Number(r))}
          data={[
            { value: "0", label: t("reports.now") },
            ...(data?.issued ?? []).map((i) => ({ value: String(i.revision), label: t("reports.revision", { n: i.revision, at: dayAndTime(i.at, language()) }) })).reverse(),
          ]}
          style={{ minWidth: "16rem" }}
        />
      </div>
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {data && !error && (
        <div data-report={data.report.period} data-revision={data.revision} style={{ display: "contents" }}>
          <Head of={data} />
          <Take key={`${kind} ${data.report.period} ${data.revision}`} kind={kind} period={data.report.period} revision={data.revision} />
          {kind === "pack" && <Minutes key={data.report.period} month={data.report.period} role={role} />}
          <Issue of={data} kind={kind} mayIssue={supervises && revision === 0} onOpen={(c) => setAsked({ kind: data.report.kind, period: data.report.period, ...c })} />
          <Sections of={data} onOpen={setAsked} />
          {kind === "day" && supervises && data.revision === 0 && <Sms key={data.report.period} report={data.report} />}
        </div>
      )}
      <Behind asked={asked} onClose={() => setAsked(null)} />
    </div>
  );
}

/** The tables of a report, those of the heat map as one. */
function Sections({ of, onOpen }: { of: ReportBody; onOpen: (asked: Asked) => void }) {
  const { kind, period } = of.report;
  const sections = of.report.sections ?? [];
  const open = of.revision === 0 ? (s: ReportSection | undefined, row: string, column: string) => s && onOpen(askedOf(kind, period, s, row, column)) : undefined;
  return sections.map((s) => {
    if (s.key === heatSections.rate) {
      return <HeatMap key={s.key} sections={sections} onOpen={open && ((key, row, column) => open(sections.find((x) => x.key === key), row, column))} />;
    }
    return drawn.includes(s.key) ? null : <SectionTable key={s.key} section={s} onOpen={open && ((row, column) => open(s, row, column))} />;
  });
}

function askedOf(kind: ReportKind, period: string, s: ReportSection, row: string, column: string): Asked {
  const titles = [s.title, s.rows?.find((r) => r.key === row)?.title, s.columns?.find((c) => c.key === column)?.title];
  return { kind, period, section: s.key, row, column, title: titles.map((w) => w && said(w)).filter(Boolean).join(" › ") };
}

function Head({ of }: { of: ReportBody }) {
  const { t } = useTranslation();
  const issued = of.issued?.find((i) => i.revision === of.revision);
  const { title, whole } = of.report;
  return (
    <div>
      <h2 className={page.title}>{said(title)}</h2>
      {!whole && <p className="quiet">{t("reports.under_way")}</p>}
      {issued && (
        <p className="quiet">
          {t("reports.issued_by", { n: issued.revision, name: issued.by_name || t("reports.by_itself"), at: dayAndTime(issued.at, language()) })}
          {issued.reason && ` — ${issued.reason}`}
          <br />
          <code style={{ overflowWrap: "anywhere" }}>SHA-256 {issued.sha256}</code>
        </p>
      )}
    </div>
  );
}

function PeriodField({ kind, value, today, onChange }: { kind: ReturnType<typeof spanOf>; value: string; today: string; onChange: (to: string) => void }) {
  const { t } = useTranslation();
  if (kind === "year") {
    const last = Number(fiscalYear(today));
    const years = Array.from({ length: 10 }, (_, i) => String(last - i));
    return (
      <Select
        label={t("reports.year_of")}
        allowDeselect={false}
        value={value}
        onChange={(y) => y && onChange(y)}
        data={years.map((y) => ({ value: y, label: t("reports.fiscal_year", { year: fiscalYearName(y, language()) }) }))}
      />
    );
  }
  const month = kind !== "day";
  return (
    <TextInput
      type={month ? "month" : "date"}
      label={t(month ? "reports.month_of" : "reports.day_of")}
      value={value}
      max={month ? today.slice(0, 7) : today}
      onChange={(e) => e.currentTarget.value && onChange(e.currentTarget.value)}
    />
  );
}
