import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { ReportKind } from "../../api/types";
import { Notice } from "../../parts/Notice";
import { save } from "../../parts/save";
import { useProblemText } from "../../parts/useWords";
import css from "./reports.module.css";

const formats = ["pdf", "xlsx", "csv"] as const;

/** The report as a file: to sign, to compute on, to keep. */
export function Take({ kind, period, revision }: { kind: ReportKind; period: string; revision: number }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [busy, setBusy] = useState<string | null>(null);
  const [failure, setFailure] = useState<unknown>(null);

  async function take(format: (typeof formats)[number]) {
    setBusy(format);
    setFailure(null);
    try {
      save(await kakeru.getReportFile(kind, period, revision, format), `report-${kind}-${period}${revision > 0 ? `-${revision}` : ""}.${format}`);
    } catch (error) {
      setFailure(error);
    }
    setBusy(null);
  }

  return (
    <>
      {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
      <div className={css.issue} role="group" aria-label={t("reports.take")}>
        {formats.map((f) => (
          <Button key={f} size="compact-sm" variant="default" loading={busy === f} leftSection={<IconDownload size={15} aria-hidden />} onClick={() => void take(f)}>
            {f.toUpperCase()}
          </Button>
        ))}
      </div>
    </>
  );
}
