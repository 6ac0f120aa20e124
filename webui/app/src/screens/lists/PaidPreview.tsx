import { Button, Progress, Tabs } from "@mantine/core";
import { IconFileCheck } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { PaidPreview as Paid } from "../../api/types";
import { plainDate } from "../../format/time";
import { yen } from "../../format/yen";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import { Count } from "../queue/QueueScreen";
import css from "./lists.module.css";
import { ProblemTable } from "./ProblemTable";

type State = "staging" | "staged" | "applying" | "applied" | "failed";

const moving = (list: Paid | undefined) => !list || list.state === "staging" || list.state === "applying";

/** What a paid list would do, before its payments count; and what became of the promises then. */
export function PaidPreview({ id, onDone }: { id: string; onDone: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const [refusal, setRefusal] = useState<unknown>(null);
  const { data: list, error } = useQuery({
    queryKey: keys.paid(id),
    queryFn: () => kakeru.getPaid(id),
    refetchInterval: (query) => (moving(query.state.data) ? 700 : false),
  });

  async function ask(request: () => Promise<unknown>, after?: () => void) {
    setRefusal(null);
    try {
      await request();
      after?.();
    } catch (failure) {
      setRefusal(failure);
    }
    void client.invalidateQueries({ queryKey: keys.paid(id) });
  }

  const another = (
    <Button variant="default" style={{ alignSelf: "flex-start" }} onClick={onDone}>
      {t("lists.another")}
    </Button>
  );
  if (error) {
    return (
      <>
        <Notice tone="bad">{say(error)}</Notice>
        {another}
      </>
    );
  }
  if (!list) return null;
  return (
    <>
      <div className={css.file}>
        <IconFileCheck size={22} aria-hidden />
        <b>{list.file_name}</b>
        <span className="quiet" role="status" data-paid-state={list.state}>
          {t(`list_state.${list.state as State}`)}
        </span>
        {list.from && <span className="quiet">{t("paid.span", { from: plainDate(list.from, language()), to: plainDate(list.to, language()) })}</span>}
      </div>
      {moving(list) && <Progress value={100} animated size="lg" aria-label={t(`list_state.${list.state as State}`)} />}
      {list.state !== "staging" && list.rows > 0 && <Counts list={list} />}
      {list.sample && <Notice tone="note">{t("lists.sample")}</Notice>}
      {list.state === "failed" && <Notice tone="bad">{t("lists.failed")}</Notice>}
      {list.state === "applied" && <Applied list={list} />}
      {refusal !== null && <Notice tone="bad">{say(refusal)}</Notice>}
      {list.state === "staged" && (
        <div className={css.decide}>
          <Button size="md" disabled={list.rows === list.wrong} onClick={() => void ask(() => kakeru.applyPaid(id))}>
            {list.new > 0 ? t("paid.apply", { count: list.new }) : t("paid.apply_none")}
          </Button>
          <Button size="md" variant="default" onClick={() => void ask(() => kakeru.discardPaid(id), onDone)}>
            {t("lists.discard")}
          </Button>
          <span className="quiet">{t(list.new > 0 ? "lists.not_yet" : "paid.nothing_new")}</span>
        </div>
      )}
      {(list.state === "applied" || list.state === "failed") && another}
      {list.state !== "staging" && <Findings list={list} />}
    </>
  );
}

function Applied({ list }: { list: Paid }) {
  const { t } = useTranslation();
  const { kept, partly, broken, maybe_paid: maybe } = list.settled;
  return <Notice tone="talk">{t("paid.applied", { kept, partly, broken, maybe })}</Notice>;
}

function Counts({ list }: { list: Paid }) {
  const { t } = useTranslation();
  return (
    <dl className={page.counts}>
      <Count name={t("lists.rows")} value={list.rows} />
      <Count name={t("paid.new")} value={list.new} tone={list.new > 0 ? "good" : undefined} />
      <div className={page.count}>
        <dt>{t("paid.new_yen")}</dt>
        <dd>{yen(list.new_yen)}</dd>
      </div>
      <Count name={t("paid.known")} value={list.known} />
      <Count name={t("paid.taken_back")} value={list.taken_back} />
      <Count name={t("paid.unknown")} value={list.unknown} tone={list.unknown > 0 ? "bad" : undefined} />
      <Count name={t("lists.wrong")} value={list.wrong} tone={list.wrong > 0 ? "bad" : undefined} />
      <Count name={t("lists.repaired")} value={list.repaired} />
    </dl>
  );
}

function Findings({ list }: { list: Paid }) {
  const { t } = useTranslation();
  const { problems, repairs } = list;
  return (
    <Tabs defaultValue={problems.length > 0 || repairs.length === 0 ? "problems" : "repairs"} className={`${parts.panel} ${css.findings}`}>
      <Tabs.List>
        <Tabs.Tab value="problems">{t("lists.problems", { count: problems.length })}</Tabs.Tab>
        <Tabs.Tab value="repairs">{t("lists.repairs", { count: repairs.length })}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="problems">
        <ProblemTable problems={problems} none={t("lists.no_problems")} all={list.wrong + list.unknown} />
      </Tabs.Panel>
      <Tabs.Panel value="repairs">
        <ProblemTable problems={repairs} none={t("lists.no_repairs")} all={list.repaired} />
      </Tabs.Panel>
    </Tabs>
  );
}
