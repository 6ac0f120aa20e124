import { Button, Drawer } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { ReportCall, ReportKind } from "../../api/types";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import { AttemptDrawer } from "../attempts/AttemptDrawer";

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
      {others.length > 0 && (
        <ul data-others>
          {others.map((o) => (
            <li key={`${o.kind} ${o.id}`}>
              {t(`report_ref.${o.kind}`)} <code>{o.id}</code>
            </li>
          ))}
        </ul>
      )}
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t("common.more")}
        </Button>
      )}
      <AttemptDrawer id={opened} onClose={() => setOpened(null)} />
    </>
  );
}

function Calls({ calls, onOpen }: { calls: ReportCall[]; onOpen: (id: string) => void }) {
  const { t } = useTranslation();
  return (
    <table className={parts.table}>
      <thead>
        <tr>
          <th>{t("attempt.at")}</th>
          <th>{t("attempt.desk")}</th>
          <th>{t("reports.result")}</th>
          <th>{t("reports.party")}</th>
          <th>{t("reports.business")}</th>
        </tr>
      </thead>
      <tbody>
        {calls.map((c) => (
          <tr key={c.id} data-call={c.id}>
            <td className="nowrap">
              <button type="button" className={parts.linkButton} onClick={() => onOpen(c.id)}>
                {dayAndTime(c.at, language())}
              </button>
            </td>
            <td>
              {c.desk} {c.by_name}
            </td>
            <td>{t(`result.${c.result}`)}</td>
            <td>{c.party ? t(`party.${c.party}`) : "—"}</td>
            <td>{(c.business ?? []).map((b) => t(`business.${b}`)).join("、") || "—"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
