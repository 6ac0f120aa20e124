import { Select } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { PromiseFigures, PromiseLine } from "../../api/types";
import { monthName, plainDate } from "../../format/time";
import { yen } from "../../format/yen";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { serverNow } from "../../live/clock";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import { monthsTo } from "./months";
import { PromiseTable } from "./PromiseTable";

type Stage = PromiseLine["stage"];

/** How promises stand: a month's figures for supervisor and ward, and for the supervisor each promise with its case. */
export function PromisesScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const supervises = useSession().user.role === "supervisor";
  const months = monthsTo(serverNow(), 12);
  const [month, setMonth] = useState(months[0]!);
  const { data, error } = useQuery({
    queryKey: keys.promises(month),
    queryFn: () => kakeru.getPromises(month),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
  return (
    <div className={page.page}>
      <div className={page.tools}>
        <h1 className={page.title} style={{ marginInlineEnd: "auto" }}>
          {t("door.promises")}
        </h1>
        <Select
          aria-label={t("progress.month")}
          allowDeselect={false}
          value={month}
          onChange={(m) => m && setMonth(m)}
          data={months.map((m) => ({ value: m, label: monthName(m, language()) }))}
        />
      </div>
      <p className={page.lead}>{t("promises.lead")}</p>
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {data && (
        <>
          <p className="quiet">
            {data.read_to ? t("promises.read_to", { day: plainDate(data.read_to, language()), grace: data.grace_days }) : t("promises.unread")}
          </p>
          <Figures of={data.figures} />
          {supervises ? <Lines lines={data.items} /> : <p className="quiet">{t("promises.ward")}</p>}
        </>
      )}
    </div>
  );
}

const tones: Record<string, "good" | "bad"> = { kept: "good", broken: "bad" };

function Figures({ of }: { of: PromiseFigures }) {
  const { t } = useTranslation();
  const sums = ["promised", "kept", "partly", "broken", "open", "grace"] as const;
  return (
    <dl className={page.counts} aria-label={t("promises.figures")}>
      {sums.map((name) => (
        <Figure key={name} name={t(`promises.${name}`)} n={of[name].n} sum={of[name].yen} tone={of[name].n > 0 ? tones[name] : undefined} />
      ))}
      <Figure name={t("promises.paid_yen")} sum={of.paid_yen} />
      <Figure name={t("promises.kept_in_month")} n={of.kept_in_month.n} sum={of.kept_in_month.yen} />
      <Figure name={t("promises.paid_in_month")} sum={of.paid_in_month_yen} />
    </dl>
  );
}

function Figure({ name, n, sum, tone }: { name: string; n?: number; sum: number; tone?: "good" | "bad" | undefined }) {
  const { t } = useTranslation();
  return (
    <div className={page.count} data-tone={tone}>
      <dt>{name}</dt>
      <dd>{n === undefined ? `${yen(sum)} ${t("case.yen")}` : t("promises.count", { n: yen(n) })}</dd>
      {n !== undefined && (
        <dd style={{ fontSize: "0.9rem", fontWeight: 400 }}>
          {yen(sum)} {t("case.yen")}
        </dd>
      )}
    </div>
  );
}

function Lines({ lines }: { lines: PromiseLine[] }) {
  const { t } = useTranslation();
  const [stage, setStage] = useState<Stage | "">("");
  const stages: Stage[] = ["today", "grace", "unread", "broken", "partly", "ahead", "kept"];
  const there = stages.filter((s) => lines.some((l) => l.stage === s));
  const shown = lines.filter((l) => !stage || l.stage === stage);
  return (
    <>
      <Select
        style={{ alignSelf: "flex-start" }}
        label={t("promises.stage")}
        allowDeselect={false}
        value={stage}
        onChange={(s) => setStage((s ?? "") as Stage | "")}
        data={[
          { value: "", label: `${t("promises.all")} ${lines.length}` },
          ...there.map((s) => ({ value: s, label: `${t(`promise_stage.${s}`)} ${lines.filter((l) => l.stage === s).length}` })),
        ]}
      />
      <div className={`${parts.panel} ${page.tablePanel}`}>
        {shown.length > 0 ? <PromiseTable lines={shown} named /> : <Empty title={t("promises.none")} />}
      </div>
    </>
  );
}
