import { SegmentedControl, Select, TextInput } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { ReportBody, ReportKind, ReportSection } from "../../api/types";
import { dayAndTime, tokyoDate } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { serverNow } from "../../live/clock";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import { useProblemText } from "../../parts/useWords";
import { Behind, type Asked } from "./Behind";
import { fiscalYear } from "./figures";
import { Issue } from "./Issue";
import { said } from "./said";
import { SectionTable } from "./SectionTable";
import { Sms } from "./Sms";
import { Take } from "./Take";

const kinds = ["day", "month", "year", "inspection", "privacy"] as const;

/** 日報・月報・年報, 検査・請求資料 and 個人情報管理状況報告: as they stand now and as they were issued, each figure with the rows behind it. */
export function ReportsScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const supervises = useSession().user.role === "supervisor";
  const today = tokyoDate(serverNow());
  const [kind, setKind] = useState<ReportKind>("day");
  const [periods, setPeriods] = useState<Record<ReportKind, string>>({
    day: today,
    month: today.slice(0, 7),
    year: fiscalYear(today),
    inspection: today.slice(0, 7),
    privacy: today.slice(0, 7),
  });
  const [revision, setRevision] = useState(0);
  const [asked, setAsked] = useState<Asked | null>(null);
  const period = periods[kind];
  const { data, error } = useQuery({
    queryKey: [...keys.reports, kind, period, revision],
    queryFn: () => kakeru.getReport(kind, period, revision),
    enabled: period !== "",
    placeholderData: keepPreviousData,
    refetchInterval: revision === 0 ? 60_000 : false,
  });
  const choose = (to: string) => {
    setPeriods({ ...periods, [kind]: to });
    setRevision(0);
  };
  return (
    <div className={page.page}>
      <h1 className={page.title}>{t("door.reports")}</h1>
      <p className={page.lead}>{t("reports.lead")}</p>
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
        <PeriodField kind={kind} value={period} today={today} onChange={choose} />
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
          <Issue of={data} kind={kind} mayIssue={supervises && revision === 0} onOpen={(c) => setAsked({ kind: data.report.kind, period: data.report.period, ...c })} />
          {kind === "day" && supervises && data.revision === 0 && <Sms key={data.report.period} report={data.report} />}
          {data.report.sections?.map((s) => (
            <SectionTable
              key={s.key}
              section={s}
              onOpen={data.revision === 0 ? (row, column) => setAsked(askedOf(data.report.kind, data.report.period, s, row, column)) : undefined}
            />
          ))}
        </div>
      )}
      <Behind asked={asked} onClose={() => setAsked(null)} />
    </div>
  );
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

function PeriodField({ kind, value, today, onChange }: { kind: ReportKind; value: string; today: string; onChange: (to: string) => void }) {
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
        data={years.map((y) => ({ value: y, label: t("reports.fiscal_year", { year: y }) }))}
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
