import { Button, Progress, Tabs } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { IconFileCheck } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { Kind, Preview } from "../../api/types";
import { yen as grouped } from "../../format/yen";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import { Count } from "../queue/QueueScreen";
import { ColumnsForm } from "./ColumnsForm";
import { DifferencesPanel } from "./Findings";
import css from "./lists.module.css";
import { ProblemTable } from "./ProblemTable";

/** What a list would do, before it does it. */
export function ListPreview({ id, onDone, onRead }: { id: string; onDone: () => void; onRead: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const mayAssign = useSession().user.role !== "ward";
  const [refusal, setRefusal] = useState<unknown>(null);
  const { data: list, error } = useQuery({
    queryKey: keys.list(id),
    queryFn: () => kakeru.getList(id),
    // Frames bring the progress; asking as well costs little and survives a lost connection.
    refetchInterval: (query) => (isMoving(query.state.data) ? 1_000 : false),
  });

  async function ask(request: () => Promise<unknown>, after?: () => void) {
    setRefusal(null);
    try {
      await request();
      after?.();
    } catch (failure) {
      setRefusal(failure);
    }
    void client.invalidateQueries({ queryKey: keys.list(id) });
  }

  if (error) {
    return (
      <>
        <Notice tone="bad">{say(error)}</Notice>
        <Button variant="default" style={{ alignSelf: "flex-start" }} onClick={onDone}>
          {t("lists.another")}
        </Button>
      </>
    );
  }
  if (!list) return null;
  return (
    <>
      <div className={css.file}>
        <IconFileCheck size={22} aria-hidden />
        <b>{list.file_name}</b>
        {list.source && <span>{t("sources.read_as", { name: list.source })}</span>}
        <span className="quiet" role="status">
          {t(`list_state.${list.state as State}`)}
        </span>
      </div>
      {isMoving(list) && <Moving list={list} />}
      {list.state !== "staging" && list.rows > 0 && <Counts list={list} />}
      {list.sample && <Notice tone="note">{t("lists.sample")}</Notice>}
      {list.state === "failed" && <Notice tone="bad">{t("lists.failed")}</Notice>}
      {list.state === "applied" && <Notice tone="talk">{t("lists.applied")}</Notice>}
      {refusal !== null && <Notice tone="bad">{say(refusal)}</Notice>}
      {list.state === "staged" && (
        <div className={css.decide}>
          <Button size="md" disabled={list.cases === 0} onClick={() => void ask(() => kakeru.applyList(id))}>
            {t("lists.apply", { count: list.new + list.changed })}
          </Button>
          <Button size="md" variant="default" onClick={() => void ask(() => kakeru.discardList(id), onDone)}>
            {t("lists.discard")}
          </Button>
          <span className="quiet">{list.new + list.changed === 0 ? t("lists.nothing_new") : t("lists.not_yet")}</span>
        </div>
      )}
      {(list.state === "applied" || list.state === "failed") && (
        <Button variant="default" style={{ alignSelf: "flex-start" }} onClick={onDone}>
          {t("lists.another")}
        </Button>
      )}
      {list.state === "failed" && list.header && mayAssign && (
        <ColumnsForm name={list.header.near ?? ""} columns={list.header.columns} gone={list.header.gone} onSaved={onRead} />
      )}
      {list.state === "failed" && list.header && !mayAssign && <Notice tone="note">{t("sources.ask")}</Notice>}
      <DifferencesPanel list={list} />
      <Findings list={list} />
    </>
  );
}

type State = "staging" | "staged" | "applying" | "applied" | "failed";

function isMoving(list: Preview | undefined): boolean {
  return !list || list.state === "staging" || list.state === "applying";
}

function Moving({ list }: { list: Preview }) {
  const { t } = useTranslation();
  const all = list.state === "applying" ? list.new + list.changed : list.rows;
  const share = all > 0 ? Math.min(100, (100 * list.progress) / all) : 100;
  return (
    <div>
      <Progress value={share} animated size="lg" aria-label={t(`list_state.${list.state as State}`)} />
      <p className="quiet digits">{t("lists.rows_so_far", { count: list.progress, rows: grouped(list.progress) })}</p>
    </div>
  );
}

function Counts({ list }: { list: Preview }) {
  const { t } = useTranslation();
  return (
    <dl className={page.counts}>
      <Count name={t("lists.rows")} value={list.rows} />
      <Count name={t("lists.cases")} value={list.cases} />
      <Count name={t("lists.new")} value={list.new} tone={list.new > 0 ? "good" : undefined} />
      <Count name={t("lists.changed")} value={list.changed} />
      <Count name={t("lists.same")} value={list.same} />
      <Count name={t("lists.missing")} value={list.missing} />
      <Count name={t("lists.wrong")} value={list.wrong} tone={list.wrong > 0 ? "bad" : undefined} />
      <Count name={t("lists.repaired")} value={list.repaired} />
    </dl>
  );
}

function Findings({ list }: { list: Preview }) {
  const { t } = useTranslation();
  const { problems, repairs } = list;
  const kinds = Object.entries(list.kinds).sort((a, b) => b[1] - a[1]);
  if (list.state === "staging") return null;
  return (
    <Tabs defaultValue={problems.length > 0 ? "problems" : "repairs"} className={`${parts.panel} ${css.findings}`}>
      <Tabs.List>
        <Tabs.Tab value="problems">{t("lists.problems", { count: problems.length })}</Tabs.Tab>
        <Tabs.Tab value="repairs">{t("lists.repairs", { count: repairs.length })}</Tabs.Tab>
        <Tabs.Tab value="kinds">{t("lists.kinds")}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="problems">
        <ProblemTable problems={problems} none={t("lists.no_problems")} all={list.wrong} />
      </Tabs.Panel>
      <Tabs.Panel value="repairs">
        <ProblemTable problems={repairs} none={t("lists.no_repairs")} all={list.repaired} />
      </Tabs.Panel>
      <Tabs.Panel value="kinds">
        <table className={parts.table} style={{ maxWidth: "24rem" }}>
          <tbody>
            {kinds.map(([kind, count]) => (
              <tr key={kind}>
                <td>{t(`kind.${kind as Kind}`)}</td>
                <td className={parts.number}>{grouped(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Tabs.Panel>
    </Tabs>
  );
}
