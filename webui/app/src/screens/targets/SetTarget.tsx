import { Button, Switch, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { Standing } from "../../api/types";
import { parseYen, yen as grouped } from "../../format/yen";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useProblemText } from "../../parts/useWords";
import css from "./targets.module.css";

/** What the ward says a month is to come to, instead of the contract (§10(2)). */
export function SetTarget({ month, standing }: { month: string; standing: Standing | undefined }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const [of, setOf] = useState(month);
  const [contract, setContract] = useState(false);
  const [typed, setTyped] = useState(standing ? grouped(standing.target) : "");
  const calls = parseYen(typed);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);

  async function set() {
    setBusy(true);
    setFailure(null);
    try {
      await kakeru.setTarget(of, contract ? null : calls, reason);
      setReason("");
      await client.invalidateQueries({ queryKey: keys.targets });
    } catch (error) {
      setFailure(error);
    }
    setBusy(false);
  }

  return (
    <Panel title={t("targets.set_title")}>
      <form
        className={css.form}
        onSubmit={(e) => {
          e.preventDefault();
          void set();
        }}
      >
        <TextInput type="month" label={t("targets.set_month")} value={of} min={month} onChange={(e) => setOf(e.currentTarget.value)} />
        <TextInput inputMode="numeric" label={t("targets.set_calls")} value={typed} onChange={(e) => setTyped(e.currentTarget.value)} disabled={contract} />
        <Switch label={t("targets.as_contract")} checked={contract} onChange={(e) => setContract(e.currentTarget.checked)} />
        <TextInput className={css.wide} label={t("targets.set_reason")} description={t("targets.set_reason_hint")} value={reason} maxLength={200} onChange={(e) => setReason(e.currentTarget.value)} />
        <Button type="submit" variant="default" loading={busy} disabled={reason.trim() === "" || of === "" || (!contract && calls === null)}>
          {t("targets.set")}
        </Button>
      </form>
      {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
    </Panel>
  );
}
