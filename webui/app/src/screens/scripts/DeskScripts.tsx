import { Button, Modal, SegmentedControl, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { ScriptPage, Situation } from "../../api/types";
import { keys } from "../../live/apply";
import { Key } from "../../parts/Key";
import { Panel } from "../../parts/Panel";
import { useOverlays } from "../../shell/overlays";
import { useBeside } from "../../shell/useBeside";
import { PageText } from "./PageText";
import css from "./scripts.module.css";

interface Props {
  situations: Situation[];
  /** The language of whoever is called. */
  spoken: string;
  searching: boolean;
  onClose: () => void;
}

/** What the ward has approved for this moment of the call, and all of it to look up. */
export default function DeskScripts({ situations, spoken, searching, onClose }: Props) {
  const { t } = useTranslation();
  const { show } = useOverlays();
  const beside = useBeside();
  const { data: pages = [] } = useQuery({ queryKey: keys.scripts, queryFn: kakeru.getScripts, staleTime: 60_000 });
  const [chosen, setChosen] = useState("");
  useEffect(() => setChosen(""), [spoken]);
  const fit = pages.filter((p) => p.situations.some((s) => situations.includes(s)));
  const languages = (["ja", "en", "zh", "vi"] as const).filter((l) => fit.some((p) => p.language === l));
  const wanted = chosen || spoken;
  const language = languages.find((l) => l === wanted) ?? languages[0];
  return (
    <Panel
      title={t("scripts.desk")}
      side={
        <>
          {languages.length > 1 && (
            <SegmentedControl
              size="xs"
              aria-label={t("scripts.language")}
              value={language!}
              onChange={setChosen}
              data={languages.map((l) => ({ value: l, label: t(`scripts.languages.${l}`) }))}
            />
          )}
          <Button size="compact-sm" variant="default" aria-keyshortcuts="F2" rightSection={<Key name="F2" />} onClick={() => show("scripts")}>
            {t("scripts.look_up")}
          </Button>
        </>
      }
    >
      <div data-situation={situations.join(" ")}>
        {fit.length === 0 && <p className="quiet">{t("scripts.desk_none")}</p>}
        {fit
          .filter((p) => p.language === language)
          .map((p) => (
            <PageText key={p.id} page={p} />
          ))}
      </div>
      <Modal {...beside} opened={searching} onClose={onClose} size="lg" title={t("scripts.search")} closeButtonProps={{ "aria-label": t("common.close") }}>
        {searching && <Search pages={pages} />}
      </Modal>
    </Panel>
  );
}

function Search({ pages }: { pages: ScriptPage[] }) {
  const { t } = useTranslation();
  const [q, setQ] = useState("");
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const found = pages.filter((p) => words.every((w) => `${p.title}\n${p.body}\n${p.key}`.toLowerCase().includes(w)));
  return (
    <>
      <TextInput data-autofocus label={t("scripts.search")} description={t("scripts.search_hint")} value={q} onChange={(e) => setQ(e.currentTarget.value)} />
      <div className={css.found} role="status">
        {found.length === 0 ? <p className="quiet">{t("scripts.nothing")}</p> : found.map((p) => <PageText key={p.id} page={p} />)}
      </div>
    </>
  );
}
