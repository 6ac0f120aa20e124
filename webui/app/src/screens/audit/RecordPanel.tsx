import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { IconClipboardCopy, IconShieldCheck } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { dayAndTime } from "../../format/time";
import { yen as grouped } from "../../format/yen";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { copyText } from "../../parts/copy";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useProblemText } from "../../parts/useWords";
import css from "./audit.module.css";

/** Whether anybody has changed the record, and the line that the ward keeps so that nobody can without its being seen. */
export function RecordPanel() {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const { data, error } = useQuery({ queryKey: keys.audit, queryFn: kakeru.getAudit });
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [copied, setCopied] = useState(false);

  async function check() {
    setBusy(true);
    setFailure(null);
    try {
      client.setQueryData(keys.audit, await kakeru.checkAudit());
    } catch (problem) {
      setFailure(problem);
    }
    setBusy(false);
  }

  const found = data?.check?.findings ?? [];
  return (
    <Panel
      title={t("audit.whole_title")}
      side={
        <Button size="compact-sm" variant="default" loading={busy} leftSection={<IconShieldCheck size={16} aria-hidden />} onClick={() => void check()}>
          {t("audit.check_now")}
        </Button>
      }
    >
      {(error ?? failure) !== null && <Notice tone="bad">{say(error ?? failure)}</Notice>}
      {data?.check && found.length === 0 && (
        <Notice tone="talk">
          <span data-audit-whole>
            {t("audit.whole", { at: dayAndTime(data.check.at, language()), n: grouped(data.check.entries), anchors: grouped(data.check.anchors) })}
          </span>
        </Notice>
      )}
      {data && !data.check && <p className="quiet">{t("audit.unchecked")}</p>}
      {found.length > 0 && (
        <Notice tone="bad">
          {t("audit.damaged")}
          <ul className={css.findings}>
            {found.map((f) => (
              <li key={`${f.fault} ${f.n} ${f.table ?? ""}`}>{t(`audit.fault.${f.fault}`, { n: f.n, to: f.to, table: f.table })}</li>
            ))}
          </ul>
        </Notice>
      )}
      {data && data.anchor !== "" && (
        <div className={css.anchor}>
          <p>{t("audit.anchor_why")}</p>
          <code data-anchor>{data.anchor}</code>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconClipboardCopy size={16} aria-hidden />}
            onClick={() => void copyText(data.anchor).then(setCopied)}
          >
            {t(copied ? "audit.copied" : "audit.copy")}
          </Button>
        </div>
      )}
    </Panel>
  );
}
