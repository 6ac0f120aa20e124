import { Button, Select, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { Problem } from "../../api/problem";
import type { AuditAction, AuditQuery, Role } from "../../api/types";
import { dayAndTime, tokyoDate } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { serverNow } from "../../live/clock";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import css from "./audit.module.css";
import { actions, objectOf, refShort } from "./words";

/** Who saw or changed what: of a case by 宛名番号, of a person, of a kind, of days. */
export function RecordSearch() {
  const { t } = useTranslation();
  const say = useProblemText();
  const today = tokyoDate(serverNow());
  const [number, setNumber] = useState("");
  const [by, setBy] = useState("");
  const [action, setAction] = useState("");
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const [asked, setAsked] = useState<AuditQuery>({});
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: [...keys.auditEntries, asked],
    queryFn: ({ pageParam }) => kakeru.searchAudit({ ...asked, ...(pageParam ? { below: pageParam } : {}) }),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.more ? last.items.at(-1)?.n : undefined),
    gcTime: 0, // what was asked for may name a person
  });
  const wrong = error instanceof Problem ? error.fields(language()) : {};
  const entries = data?.pages.flatMap((p) => p.items) ?? [];
  const people = data?.pages[0]?.people ?? [];
  // The record knows people by what never changes; whoever reads it, by their names of today.
  const named = (text: string) => people.reduce((said, p) => said.replaceAll(p.id, p.name), text);

  return (
    <section aria-label={t("audit.search_title")}>
      <form
        className={page.tools}
        onSubmit={(e) => {
          e.preventDefault();
          setAsked({
            ...(number.trim() ? { ward_number: number.trim() } : {}),
            ...(by ? { by } : {}),
            ...(action ? { action: action as AuditAction } : {}),
            ...(from ? { from } : {}),
            ...(until ? { until } : {}),
          });
        }}
      >
        <TextInput label={t("audit.ward_number")} value={number} error={wrong.ward_number} maxLength={50} autoComplete="off" onChange={(e) => setNumber(e.currentTarget.value)} />
        <Select
          label={t("audit.by")}
          value={by}
          allowDeselect={false}
          onChange={(v) => setBy(v ?? "")}
          data={[{ value: "", label: t("audit.everybody") }, ...people.map((p) => ({ value: p.id, label: `${p.name} (${t(`role.${p.role}`)})` }))]}
        />
        <Select
          label={t("audit.action")}
          value={action}
          allowDeselect={false}
          onChange={(v) => setAction(v ?? "")}
          data={[{ value: "", label: t("audit.all_actions") }, ...actions.map((a) => ({ value: a, label: t(`audit.did.${a}`) }))]}
        />
        <TextInput type="date" label={t("attempts.from")} value={from} max={today} onChange={(e) => setFrom(e.currentTarget.value)} />
        <TextInput type="date" label={t("attempts.to")} value={until} max={today} onChange={(e) => setUntil(e.currentTarget.value)} />
        <Button type="submit" leftSection={<IconSearch size={18} aria-hidden />}>
          {t("audit.search")}
        </Button>
      </form>
      {error && <Notice tone="bad">{say(error)}</Notice>}
      <div className={`${parts.panel} ${page.tablePanel} ${css.entries}`}>
        {entries.length > 0 ? (
          <table className={parts.table} data-audit-entries>
            <thead>
              <tr>
                <th>{t("audit.at")}</th>
                <th>{t("audit.by")}</th>
                <th>{t("audit.action")}</th>
                <th>{t("audit.cases")}</th>
                <th>{t("audit.detail")}</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((e) => (
                <tr key={e.n}>
                  <td className={css.at}>
                    {dayAndTime(e.at, language())}
                    <div className="quiet">{t("audit.number", { n: e.n })}</div>
                  </td>
                  <td>
                    {e.by_name || (e.by === "" ? t(e.route.startsWith("kakeru ") ? "audit.command" : "audit.nobody") : e.by)}
                    <div className="quiet">{e.role && t(`role.${e.role as Role}`)}</div>
                  </td>
                  <td>
                    {t(`audit.did.${e.action}`)}
                    {e.outcome && <div className={css.refused}>{t("audit.refused_by", { rule: e.outcome })}</div>}
                  </td>
                  <td>
                    {e.cases.length > 2 ? t("audit.many_cases", { count: e.cases.length }) : e.cases.map((ref) => <code key={ref} title={ref}>{refShort(ref)} </code>)}
                  </td>
                  <td className={css.detail}>
                    {e.route.startsWith("kakeru ") ? <code>{e.route}</code> : <span title={e.route}>{t(`audit.what.${e.route}`, e.route)}</span>}
                    {e.object && <Subject object={e.object} named={e.route.includes("/reports/{kind}") ? (kind) => t(`reports.${kind}`, kind) : named} />}
                    {e.detail && <div title={e.detail}>{named(e.detail)}</div>}
                    {e.address && <div className="quiet">{e.address}</div>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : (
          !isPending && !error && <Empty title={t("audit.none")} />
        )}
      </div>
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t("common.more")}
        </Button>
      )}
    </section>
  );
}

/** What an entry is about, and what was asked for, in words; as it stands in the record where one points. */
function Subject({ object, named }: { object: string; named: (text: string) => string }) {
  const { t } = useTranslation();
  const { about, asked } = objectOf(object);
  const said = [...(about ? [named(about)] : []), ...asked.map(({ name, value }) => `${t(`audit.filter.${name}`)} ${value}`)];
  return said.length > 0 && <div className="quiet" title={object}>{said.join(" · ")}</div>;
}
