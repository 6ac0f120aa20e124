import { Button, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { Report } from "../../api/types";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import css from "./reports.module.css";

const most = 5000;

/** How many messages went out on the day: they are sent from elsewhere, so somebody says so. The newest entry counts. */
export function Sms({ report }: { report: Report }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const [sent, setSent] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const now = entered(report);

  async function enter() {
    setBusy(true);
    setFailure(null);
    try {
      await kakeru.enterSMS(report.period, Number(sent));
      setSent("");
    } catch (error) {
      setFailure(error);
    }
    setBusy(false);
    await client.invalidateQueries({ queryKey: keys.reports });
  }

  return (
    <section className={`${parts.panel} ${css.section}`} aria-labelledby="sms-entry" data-sms={now ?? "none"}>
      <h3 id="sms-entry" className={css.head}>
        {t("reports.sms")}
      </h3>
      <p>{now === undefined ? t("reports.sms_none") : t("reports.sms_now", { count: now })}</p>
      {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
      <div className={css.issue}>
        <TextInput
          type="number"
          label={t("reports.sms_sent")}
          description={t("reports.sms_hint")}
          value={sent}
          min={0}
          max={most}
          step={1}
          onChange={(e) => setSent(e.currentTarget.value)}
        />
        <Button variant="default" size="md" loading={busy} disabled={!right(sent)} onClick={() => void enter()}>
          {t("reports.sms_enter")}
        </Button>
      </div>
    </section>
  );
}

/** A whole number that may be entered. */
const right = (sent: string) => /^[0-9]{1,4}$/.test(sent) && Number(sent) <= most;

/** What was entered last; undefined where nobody entered anything. */
function entered(report: Report): number | undefined {
  const others = report.sections?.find((s) => s.key === "others");
  const at = others?.columns?.findIndex((c) => c.key === "count") ?? -1;
  return others?.rows?.find((r) => r.key === "sms")?.cells?.[at]?.value;
}
