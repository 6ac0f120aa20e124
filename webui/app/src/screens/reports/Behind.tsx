import { Button, Drawer } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDeskName } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { ReportCall, ReportKind, ReportRow } from "../../api/types";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import { AttemptDrawer } from "../attempts/AttemptDrawer";
import { figure } from "./figures";
import css from "./reports.module.css";
import { said } from "./said";

/** One figure whose rows are asked for. */
export interface Asked {
  kind: ReportKind;
  period: string;
  section: string;
  row: string;
  column: string;
  title: string;
}

const atOnce = 200;

/** The ledger's rows behind one figure, and from each call down to its evidence. */
export function Behind({ asked, onClose }: { asked: Asked | null; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Drawer opened={asked !== null} onClose={onClose} position="right" size="46rem" title={asked?.title ?? ""} closeButtonProps={{ "aria-label": t("common.close") }}>
      {asked && <Rows asked={asked} />}
    </Drawer>
  );
}

function Rows({ asked }: { asked: Asked }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [opened, setOpened] = useState<string | null>(null);
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: [...keys.reports, asked.kind, "rows", asked],
    queryFn: ({ pageParam }) => {
      const { kind, period, section, row, column } = asked;
      return kakeru.getReportRows(kind, { period, section, row, column, offset: pageParam });
    },
    initialPageParam: 0,
    getNextPageParam: (last, all) => (all.length * atOnce < last.total ? all.length * atOnce : undefined),
  });
  const calls = data?.pages.flatMap((p) => p.calls ?? []) ?? [];
  const others = data?.pages.flatMap((p) => p.others ?? []) ?? [];
  return (
    <>
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {data && <p className="quiet">{t("reports.rows", { count: data.pages[0]?.total ?? 0 })}</p>}
      {!isPending && calls.length + others.length === 0 && !error && <Empty title={t("reports.no_rows")} />}
      {calls.length > 0 && <Calls calls={calls} onOpen={setOpened} />}
      {others.length > 0 && <Others rows={others} />}
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t("common.more")}
        </Button>
      )}
      <AttemptDrawer id={opened} onClose={() => setOpened(null)} />
    </>
  );
}

/** Rows that are no calls: what each is, when it was written, and by whom. */
function Others({ rows }: { rows: ReportRow[] }) {
  const { t } = useTranslation();
  return (
    <table className={parts.table} data-others>
      <thead>
        <tr>
          <th>{t("attempt.at")}</th>
          <th>{t("reports.what")}</th>
          <th>{t("reports.who")}</th>
          <th>{t("reports.id")}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((r, i) => (
          // One row of a log may stand there more than once: a hand-off for each time it was opened.
          <tr key={i} data-ref={r.kind}>
            <td className="nowrap">{r.at ? dayAndTime(r.at, language()) : "—"}</td>
            <td>
              {t(`report_ref.${r.kind}`)} {r.what && <span className={css.anywhere}>{said(r.what)}</span>}
            </td>
            <td>{r.by_name || "—"}</td>
            <td>
              <code className={css.anywhere}>{r.id}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Calls({ calls, onOpen }: { calls: ReportCall[]; onOpen: (id: string) => void }) {
  const { t } = useTranslation();
  const deskName = useDeskName();
  const withYen = calls.some((c) => c.yen !== undefined);
  return (
    <table className={parts.table}>
      <thead>
        <tr>
          <th>{t("attempt.at")}</th>
          <th>{t("attempt.desk")}</th>
          <th>{t("reports.result")}</th>
          <th>{t("reports.party")}</th>
          <th>{t("reports.business")}</th>
          {withYen && <th className={parts.number}>{t("reports.yen")}</th>}
        </tr>
      </thead>
      <tbody>
        {calls.map((c, i) => (
          // A call stands there once for each payment towards what was promised in it.
          <tr key={`${c.id} ${i}`} data-call={c.id}>
            <td className="nowrap">
              <button type="button" className={parts.linkButton} onClick={() => onOpen(c.id)}>
                {dayAndTime(c.at, language())}
              </button>
            </td>
            <td>
              {deskName(c.desk)} {c.by_name}
            </td>
            <td>{t(`result.${c.result}`)}</td>
            <td>{c.party ? t(`party.${c.party}`) : "—"}</td>
            <td>{(c.business ?? []).map((b) => t(`business.${b}`)).join("、") || "—"}</td>
            {withYen && (
              <td className={parts.number} data-yen={c.yen}>
                {figure({ value: c.yen ?? 0 }, "yen", { none: "—", unused: "—" })}
                {c.paid_on && <div className="quiet nowrap">{t("reports.paid_on", { day: c.paid_on })}</div>}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
