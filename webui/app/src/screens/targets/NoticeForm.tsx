import { Button, Select, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { Standing } from "../../api/types";
import { yen as grouped } from "../../format/yen";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { save } from "../../parts/save";
import { useProblemText } from "../../parts/useWords";
import css from "./targets.module.css";
import { nameOf } from "./words";

/** The notice to the ward that a target cannot be met (§10(3)): what the figures say is written already, why and what now is asked. */
export function NoticeForm({ standings }: { standings: Standing[] }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const key = (s: Standing) => `${s.measure} ${s.kind} ${s.period}`;
  const [chosen, setChosen] = useState(() => key(standings[0]!));
  const [reason, setReason] = useState("");
  const [remedy, setRemedy] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const found = standings.find((o) => key(o) === chosen);
  const s = found ?? standings[0]!;

  const kind = s.kind === "year" ? "year" : "month";

  async function look() {
    setFailure(null);
    try {
      save(await kakeru.getNoticeDraft(s.measure, kind, s.period), "notice-draft.pdf");
    } catch (error) {
      setFailure(error);
    }
  }

  async function tell() {
    setBusy(true);
    setFailure(null);
    try {
      await kakeru.tellWard(s.measure, kind, s.period, reason, remedy);
      setReason("");
      setRemedy("");
      await client.invalidateQueries({ queryKey: keys.targets });
    } catch (error) {
      setFailure(error);
    }
    setBusy(false);
  }

  return (
    <Panel title={t("targets.notice_title")}>
      <form
        className={css.notice}
        data-notice-form
        onSubmit={(e) => {
          e.preventDefault();
          void tell();
        }}
      >
        <Select
          label={t("targets.notice_about")}
          allowDeselect={false}
          value={found ? chosen : null}
          onChange={(k) => k && setChosen(k)}
          data={standings.map((o) => ({ value: key(o), label: nameOf(t, o) }))}
        />
        <p className={css.draft}>
          {!found ? t("targets.gone") : t("targets.draft", {
            what: nameOf(t, s), target: grouped(s.target), done: grouped(s.done), low: grouped(s.forecast.low), high: grouped(s.forecast.high),
          })}
        </p>
        <Textarea label={t("targets.notice_reason")} description={t("targets.no_persons")} autosize minRows={2} maxLength={1000} value={reason} onChange={(e) => setReason(e.currentTarget.value)} />
        <Textarea label={t("targets.notice_remedy")} description={t("targets.no_persons")} autosize minRows={2} maxLength={1000} value={remedy} onChange={(e) => setRemedy(e.currentTarget.value)} />
        {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
        <Button variant="default" loading={busy} disabled={!found} onClick={() => void look()}>
          {t("targets.look")}
        </Button>
        <Button type="submit" loading={busy} disabled={!found || reason.trim() === "" || remedy.trim() === ""}>
          {t("targets.tell")}
        </Button>
      </form>
    </Panel>
  );
}
