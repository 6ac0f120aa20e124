import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { ScriptPage } from "../../api/types";
import { toLocalField } from "../../format/time";
import { keys } from "../../live/apply";
import { Chip } from "../../parts/Chip";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import { Panel } from "../../parts/Panel";
import { inWords, useProblemText } from "../../parts/useWords";
import { DraftForm } from "./DraftForm";
import { PageText } from "./PageText";
import css from "./scripts.module.css";

const tones = { draft: "wait", approved: "talk", withdrawn: "still" } as const;

/** The ward's texts: the supervisor drafts, the ward approves. */
export function ScriptsScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const { role } = useSession().user;
  const { data: pages, error } = useQuery({ queryKey: keys.scriptVersions, queryFn: kakeru.getScriptVersions, refetchOnMount: "always" });
  const [id, setID] = useState("");
  const [drafting, setDrafting] = useState<ScriptPage | "new" | null>(null);
  const [refusal, setRefusal] = useState<unknown>(null);
  const chosen = pages?.find((p) => p.id === id);

  async function ask(request: () => Promise<unknown>) {
    setRefusal(null);
    await request().catch(setRefusal);
    void client.invalidateQueries({ queryKey: keys.scriptVersions });
    void client.invalidateQueries({ queryKey: keys.scripts });
  }

  return (
    <div className={page.page}>
      <div className={page.tools}>
        <h1 className={page.title} style={{ marginInlineEnd: "auto" }}>
          {t("door.scripts")}
        </h1>
        {role === "supervisor" && (
          <>
            <Button variant="default" onClick={() => void ask(kakeru.draftStarters)}>
              {t("scripts.starter")}
            </Button>
            <Button onClick={() => setDrafting("new")}>{t("scripts.new")}</Button>
          </>
        )}
      </div>
      <p className={page.lead}>{t("scripts.lead")}</p>
      {(error ?? refusal) !== null && <Notice tone="bad">{say(error ?? refusal)}</Notice>}
      {pages?.length === 0 && <Empty title={t("scripts.none")} />}
      <div className={css.split}>
        <ul className={css.list}>
          {pages?.map((p) => (
            <li key={p.id}>
              <button type="button" aria-current={p.id === id || undefined} data-page={p.key} data-state={p.state} onClick={() => setID(p.id)}>
                <span lang={p.language}>{p.title}</span>
                <span className="quiet">
                  {t(`scripts.languages.${p.language}`)} {t("scripts.version", { n: p.version })}
                </span>
                <Chip tone={tones[p.state]}>{t(p.in_force ? "scripts.in_force" : p.state === "approved" ? "scripts.former" : `scripts.state.${p.state}`)}</Chip>
              </button>
            </li>
          ))}
        </ul>
        {chosen ? (
          <div className={css.chosen}>
          <Panel title={t("scripts.version", { n: chosen.version })} side={<span className="quiet">{t("scripts.by", { name: chosen.by_name, at: toLocalField(chosen.at).replace("T", " ") })}</span>}>
            <Warnings page={chosen} />
            <PageText page={chosen} />
            <p className="quiet">{chosen.situations.map((s) => t(`scripts.situation.${s}`)).join(" / ")}</p>
            <div className={css.acts}>
              {role === "supervisor" && <Button onClick={() => setDrafting(chosen)}>{t("scripts.edit")}</Button>}
              {role === "ward" && chosen.state === "draft" && (
                <Button onClick={() => void ask(() => kakeru.decideScript(chosen.id, "approve"))}>{t("scripts.approve")}</Button>
              )}
              {role === "ward" && chosen.state !== "withdrawn" && (
                <Button variant="default" onClick={() => void ask(() => kakeru.decideScript(chosen.id, "withdraw"))}>
                  {t("scripts.withdraw")}
                </Button>
              )}
            </div>
          </Panel>
          </div>
        ) : (
          <p className="quiet">{t("scripts.choose")}</p>
        )}
      </div>
      <DraftForm
        of={drafting}
        onClose={() => setDrafting(null)}
        onDrafted={(p) => {
          setDrafting(null);
          setID(p.id);
          void client.invalidateQueries({ queryKey: keys.scriptVersions });
        }}
      />
    </div>
  );
}

function Warnings({ page: { warnings } }: { page: ScriptPage }) {
  const { t } = useTranslation();
  if (warnings.length === 0) return null;
  return (
    <Notice tone="wait">
      <b>{t("scripts.warnings")}</b>
      {warnings.map((w) => (
        <div key={w.word}>
          {t("scripts.word", { word: w.word })} {inWords(w)}
        </div>
      ))}
    </Notice>
  );
}
