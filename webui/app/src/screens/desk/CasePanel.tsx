import { ActionIcon, Radio, Tooltip } from "@mantine/core";
import { IconArrowForward, IconBan, IconCheck, IconClock, IconCopy, IconFlask, IconLanguage, IconNote } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Case, Phone } from "../../api/types";
import { phoneNumber } from "../../format/phone";
import { plainDate, shortDate, timeOfDay } from "../../format/time";
import { yen } from "../../format/yen";
import { language } from "../../i18n";
import { keepKeys } from "../../keys/keepKeys";
import { Chip } from "../../parts/Chip";
import { Key } from "../../parts/Key";
import { inWords } from "../../parts/useWords";
import css from "./desk.module.css";

interface Props {
  about: Case;
  /** The number that will be dialled. */
  chosen: Phone | undefined;
  /** Chooses another; absent where nothing is dialled from. */
  onChoose?: ((phone: Phone) => void) | undefined;
  copied: boolean;
  onCopy: () => void;
  /** Whether the desk's keys work here. */
  keyed?: boolean;
  /** Stands where the debt stands: why it is hidden, and what opens it. */
  identity?: ReactNode;
  /** 経過確認済: when the history was said to have been read, and how that is said; absent where nothing is dialled from. */
  history?: { at: string | null; needed: boolean; onCheck: () => void; past?: boolean } | undefined;
}

/** One case as an operator reads it before calling: who, why now, which number, what is owed, what the ward says. */
export function CasePanel({ about, chosen, onChoose, copied, onCopy, keyed = false, identity, history }: Props) {
  const { t } = useTranslation();
  // A caller's, whose number no list has. One whose day was closed has no number either.
  const unlisted = about.ward_number === "" && about.phones.length > 0;
  return (
    <section className={css.casePanel} aria-label={t("case.region")} data-case={about.id}>
      <header className={css.caseHead}>
        <div className={css.who}>
          <div className={css.kana}>{about.kana}</div>
          <h1 className={css.name}>{about.name || t("case.no_name")}</h1>
          <Marks about={about} />
        </div>
        <div>
          {about.ward_number && <WardNumber number={about.ward_number} copied={copied} onCopy={onCopy} keyed={keyed} />}
          {history && <HistoryCheck {...history} />}
        </div>
      </header>
      <p className={css.why}>
        <IconArrowForward size={17} aria-hidden />
        <span>{inWords(about.stands) || t("case.first_time")}</span>
      </p>
      {about.best_hour && (
        <p className={css.why}>
          <IconClock size={17} aria-hidden />
          <span>
            <b>{t(about.best_hour.good ? "case.good_hour" : "case.poor_hour")}</b> {inWords(about.best_hour.says)}
          </span>
        </p>
      )}
      <div className={css.facts}>
        <Numbers about={about} chosen={chosen} onChoose={onChoose} />
        <div className={css.balances}>
          <h2 className={css.factHead}>{t("case.balances")}</h2>
          {!unlisted && about.total_yen !== null && <Balances about={about} total={about.total_yen} />}
          {unlisted ? <p className="quiet">{t("case.unlisted")}</p> : identity}
        </div>
      </div>
      {(about.postal_code || about.address || about.born_on) && (
        <p className={css.address}>
          {[
            about.postal_code && `〒${about.postal_code}`,
            about.address,
            about.born_on && t("case.born", { date: plainDate(about.born_on, language()) }),
          ]
            .filter(Boolean)
            .join("  ")}
        </p>
      )}
      {about.ward_note && (
        <p className={css.wardNote}>
          <IconNote size={17} aria-hidden />
          <span>
            <b>{t("case.ward_note")}</b> {about.ward_note}
          </span>
        </p>
      )}
    </section>
  );
}

function Marks({ about }: { about: Case }) {
  const { t } = useTranslation();
  const known = ["en", "zh", "vi"] as const;
  const speaks = known.find((l) => l === about.language);
  return (
    <div className={css.marks}>
      {about.do_not_call && (
        <Chip tone="bad" icon={<IconBan size={14} aria-hidden />}>
          {t("case.do_not_call")}
        </Chip>
      )}
      {about.language && about.language !== "ja" && (
        <Chip tone="note" icon={<IconLanguage size={14} aria-hidden />}>
          {speaks ? t(`language.${speaks}`) : about.language}
        </Chip>
      )}
      {about.sample && (
        <Chip tone="still" icon={<IconFlask size={14} aria-hidden />}>
          {t("case.sample")}
        </Chip>
      )}
    </div>
  );
}

interface WardNumberProps {
  number: string;
  copied: boolean;
  onCopy: () => void;
  keyed: boolean;
}

function WardNumber({ number, copied, onCopy, keyed }: WardNumberProps) {
  const { t } = useTranslation();
  return (
    <div className={css.wardNumber}>
      <div className="quiet">{t("case.ward_number")}</div>
      <div className={css.wardNumberRow}>
        <span className={`digits ${css.wardDigits}`}>{number}</span>
        <Tooltip label={copied ? t("case.copied") : t("case.copy")} withArrow>
          <ActionIcon variant="default" size="lg" onMouseDown={keepKeys} aria-label={t("case.copy")} aria-keyshortcuts={keyed ? "C" : undefined} onClick={onCopy}>
            {copied ? <IconCheck size={18} aria-hidden /> : <IconCopy size={18} aria-hidden />}
          </ActionIcon>
        </Tooltip>
        {keyed && <Key name="C" />}
      </div>
      <div aria-live="polite" className={css.copied}>
        {copied ? t("case.copied") : ""}
      </div>
    </div>
  );
}

function Numbers({ about, chosen, onChoose }: Pick<Props, "about" | "chosen" | "onChoose">) {
  const { t } = useTranslation();
  if (about.phones.length === 0) return <p className="quiet">{t("case.no_numbers")}</p>;
  return (
    <div>
      <h2 className={css.factHead}>{t("case.numbers")}</h2>
      <Radio.Group
        value={chosen?.mark ?? ""}
        onChange={(mark) => onChoose?.(about.phones.find((p) => p.mark === mark)!)}
        aria-label={t("case.numbers")}
      >
        <div className={css.numbers}>
          {about.phones.map((phone) => (
            <label key={phone.mark} className={css.number} data-next={phone === chosen || undefined} data-gone={!phone.usable || undefined}>
              {onChoose && (
                <Radio size="xs" value={phone.mark} disabled={!phone.usable} aria-label={phoneNumber(phone.number)} />
              )}
              <span className={`digits ${css.numberDigits}`}>{phoneNumber(phone.number)}</span>
              <span className={css.numberKind}>{t(`kind.${phone.kind}`)}</span>
              {!phone.usable && <span className={css.numberGone}>{t("case.unusable")}</span>}
              {phone === chosen && onChoose && <span className="visually-hidden">{t("call.to")}</span>}
            </label>
          ))}
        </div>
      </Radio.Group>
    </div>
  );
}

interface HistoryCheckProps {
  /** The call has begun: what was said stands there, and can no longer be said. */
  past?: boolean;
  at: string | null;
  needed: boolean;
  onCheck: () => void;
}

function HistoryCheck({ at, needed, onCheck, past = false }: HistoryCheckProps) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      onMouseDown={keepKeys}
      className={css.historyCheck}
      data-history-check
      data-needed={(needed && !at) || undefined}
      aria-pressed={at !== null}
      data-past={past || undefined}
      disabled={past}
      aria-keyshortcuts={past ? undefined : "K"}
      onClick={onCheck}
    >
      {at ? <IconCheck size={15} aria-hidden /> : <Key name="K" />}
      <span>{at ? t("case.history_read", { at: timeOfDay(at, language()) }) : t("case.read_history")}</span>
    </button>
  );
}

function Balances({ about, total }: { about: Case; total: number }) {
  const { t } = useTranslation();
  return (
    <>
      <div className={css.balanceScroll} tabIndex={0} role="group" aria-label={t("case.balances")}>
        <table className={css.balanceTable}>
          <thead className="visually-hidden">
            <tr>
              <th>{t("case.insurance")}</th>
              <th>{t("case.term")}</th>
              <th>{t("case.due_on")}</th>
              <th>{t("case.amount")}</th>
            </tr>
          </thead>
          <tbody>
            {about.balances.map((b) => (
              <tr key={b.insurance + b.term + b.due_on}>
                <td>{t(`insurance.${b.insurance}`)}</td>
                <td>{b.term}</td>
                <td className="digits quiet">{b.due_on ? shortDate(b.due_on) : ""}</td>
                <td className={css.amount}>{yen(b.yen)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className={css.total}>
        <span>{t("case.total")}</span>
        <span className="digits">
          <b>{yen(total)}</b> {t("case.yen")}
        </span>
      </div>
    </>
  );
}
