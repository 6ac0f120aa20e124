import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { Close } from "../../api/types";
import { dayAndTime, longDate } from "../../format/time";
import { yen as grouped } from "../../format/yen";
import { language } from "../../i18n";
import { Chip, type Tone } from "../../parts/Chip";
import { Notice } from "../../parts/Notice";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import css from "./close.module.css";

const tones: Record<Close["step"], Tone> = { begun: "wait", written: "wait", signed: "wait", destroying: "wait", closed: "talk", given_up: "still" };

/** What one close returned, counted and destroyed, with its files. */
export function CloseRecord({ close }: { close: Close }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [failure, setFailure] = useState<unknown>(null);

  async function take(n: number) {
    setFailure(null);
    try {
      save(await kakeru.getCloseFile(close.id, n), close.files[n]!.name.split("/").at(-1)!);
    } catch (error) {
      setFailure(error);
    }
  }

  return (
    <details className={parts.panel} data-close={close.day} data-step={close.step}>
      <summary className={css.summary}>
        <b>{longDate(close.day, language())}</b>
        <Chip tone={tones[close.step]}>{t(`close_step.${close.step}`)}</Chip>
        <span className="quiet">{t("close.by", { name: close.by_name, at: dayAndTime(close.moved_at, language()) })}</span>
      </summary>
      <div className={css.record}>
        {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
        <Figures title={t("close.counts")} counts={close.counts} />
        <Figures title={t("close.destroyed")} counts={close.destroyed} />
        <h3 className={css.head}>{t("close.files")}</h3>
        <ul className={css.files}>
          {close.files.map((file, n) => (
            <li key={file.name}>
              <Button size="compact-sm" variant="default" leftSection={<IconDownload size={15} aria-hidden />} onClick={() => void take(n)}>
                {file.name.split("/").at(-1)}
              </Button>
              <span className="quiet">
                {file.rows > 0 && t("close.rows", { n: grouped(file.rows) })} SHA-256 <code>{file.sha256.slice(0, 16)}…</code>
              </span>
            </li>
          ))}
        </ul>
      </div>
    </details>
  );
}

function Figures({ title, counts }: { title: string; counts: Close["counts"] }) {
  const { t } = useTranslation();
  const names = Object.keys(counts);
  if (names.length === 0) return null;
  return (
    <>
      <h3 className={css.head}>{title}</h3>
      <dl className={css.figures}>
        {names.map((name) => (
          <div key={name}>
            <dt>{name.startsWith("result_") ? t(`result.${name.slice(7) as "answered"}`) : t(`close_count.${name as "attempts"}`, { defaultValue: name })}</dt>
            <dd className="digits">{grouped(counts[name]!)}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function save(blob: Blob, name: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
