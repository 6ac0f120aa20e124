import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { FindingKind, Preview } from "../../api/types";
import { yen as grouped } from "../../format/yen";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import css from "./lists.module.css";

/** What is different in a list, what is gone from it, and which cases go together: how many, and while it is staged which. */
export function DifferencesPanel({ list }: { list: Preview }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<FindingKind | null>(null);
  const found = list.findings ?? [];
  if (found.length === 0) return null;
  return (
    <Panel title={t("findings.title")}>
      <table className={parts.table} data-findings style={{ maxWidth: "44rem" }}>
        <tbody>
          {found.map((f) => (
            <tr key={f.kind} data-finding={f.kind}>
              <td>{t(`findings.kind.${f.kind}`)}</td>
              <td className={parts.number}>{t("findings.cases", { count: f.cases, cases: grouped(f.cases) })}</td>
              <td className={parts.number}>{f.groups ? t("findings.groups", { count: f.groups, groups: grouped(f.groups) }) : ""}</td>
              <td>
                {list.state === "staged" && f.kind !== "repeated" && (
                  <Button size="compact-xs" variant="default" aria-expanded={open === f.kind} onClick={() => setOpen(open === f.kind ? null : f.kind)}>
                    {t("findings.show")}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {open !== null && list.state === "staged" && <Cases key={open} list={list.list} kind={open} />}
    </Panel>
  );
}

/** The cases of one kind. They are named by their line in the file, where the person is; nothing of the person stands here. */
function Cases({ list, kind }: { list: string; kind: FindingKind }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const opens = useSession().user.role === "supervisor";
  const { data, error, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: keys.foundCases(list, kind),
    queryFn: ({ pageParam }) => kakeru.getFoundCases(list, kind, pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
  if (error) return <Notice tone="bad">{say(error)}</Notice>;
  if (!data) return null;
  return (
    <div className={css.found} data-found={kind}>
      <table className={parts.table}>
        <thead>
          <tr>
            <th className={parts.number}>{t("findings.group")}</th>
            <th className={parts.number}>{t("lists.line")}</th>
            <th>{t("findings.changes")}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {data.pages
            .flatMap((p) => p.items)
            .map((c, i) => (
              <tr key={i}>
                <td className={parts.number}>{c.group || ""}</td>
                <td className={parts.number}>{c.line || t("findings.not_in_file")}</td>
                <td>{c.changes.map((x) => t(`findings.kind.${x}`)).join("、")}</td>
                <td>
                  {opens && c.case_id && (
                    <Link to="/cases/$id" params={{ id: c.case_id }}>
                      {t("findings.open")}
                    </Link>
                  )}
                </td>
              </tr>
            ))}
        </tbody>
      </table>
      {hasNextPage && (
        <Button size="compact-sm" variant="default" onClick={() => void fetchNextPage()}>
          {t("findings.more")}
        </Button>
      )}
    </div>
  );
}
