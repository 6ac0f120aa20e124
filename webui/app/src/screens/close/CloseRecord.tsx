import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { Close } from "../../api/types";
import { dayAndTime, longDate } from "../../format/time";
import { yen as grouped } from "../../format/yen";
import { language } from "../../i18n";
import { Chip, type Tone } from "../../parts/Chip";
import parts from "../../parts/parts.module.css";
import css from "./close.module.css";
import { Files } from "./Files";

const tones: Record<Close["step"], Tone> = { begun: "wait", written: "wait", signed: "wait", destroying: "wait", closed: "talk", given_up: "still" };

/** What one close returned, counted and destroyed, with its files. */
export function CloseRecord({ close }: { close: Close }) {
  const { t } = useTranslation();
  return (
    <details className={parts.panel} data-close={close.day} data-step={close.step}>
      <summary className={css.summary}>
        <b>{longDate(close.day, language())}</b>
        <Chip tone={tones[close.step]}>{t(`close_step.${close.step}`)}</Chip>
        {close.final && <Chip tone="bad">{t("contract_end.final")}</Chip>}
        <span className="quiet">{t("close.by", { name: close.by_name, at: dayAndTime(close.moved_at, language()) })}</span>
      </summary>
      <div className={css.record}>
        <Figures title={t("close.counts")} counts={close.counts} />
        <Figures title={t("close.destroyed")} counts={close.destroyed} />
        <h3 className={css.head}>{t("close.files")}</h3>
        <Files files={close.files} take={(n) => kakeru.getCloseFile(close.id, n)} />
      </div>
    </details>
  );
}

/** Counts by what they are of. */
export function Figures({ title, counts }: { title: string; counts: Close["counts"] }) {
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
