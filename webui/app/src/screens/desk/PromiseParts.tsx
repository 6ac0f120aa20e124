import { Button, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Balance } from "../../api/types";
import { parseYen, yen } from "../../format/yen";
import { keepKeys } from "../../keys/keepKeys";
import { Key } from "../../parts/Key";
import { BankDay } from "./BankDay";
import css from "./desk.module.css";
import type { Draft, DraftPart } from "./draft";
import { rowsOf, splitOver, sumOf } from "./split";

interface Props {
  draft: Draft;
  balances: Balance[];
  set: (change: Partial<Draft>) => void;
  errors: Record<string, string>;
}

/** What comes with a promise once one is made: whether banks are open on its date, and its parts. */
export default function PromiseMore(props: Props) {
  return (
    <>
      <BankDay on={props.draft.dueOn} onMove={(dueOn) => props.set({ dueOn })} />
      {props.balances.length > 0 ? <PromiseParts {...props} /> : <UnseenParts {...props} />}
    </>
  );
}

/** Parts of a debt that is not shown any more are not shown either. Where they are refused it is said, and they can be left out. */
function UnseenParts({ draft, set, errors }: Props) {
  const { t } = useTranslation();
  if (!draft.parts || !errors["promise.parts"]) return null;
  return (
    <div className={css.parts}>
      <Button size="compact-sm" variant="default" data-promise="split" onMouseDown={keepKeys} onClick={() => set({ parts: null })}>
        {t("form.unsplit")}
      </Button>
      <p className={css.error} role="alert">
        {errors["promise.parts"]}
      </p>
    </div>
  );
}

/** A promise by insurance and term: proposed from the oldest term on, each amount to be typed over, the sum held against the promise. */
function PromiseParts({ draft, balances, set, errors }: Props) {
  const { t } = useTranslation();
  const amount = parseYen(draft.amount) ?? 0;
  const parts = draft.parts ?? null;
  return (
    <div className={css.parts}>
      <div className={css.partsHead}>
        <Button
          size="compact-sm"
          variant="default"
          data-promise="split"
          aria-keyshortcuts=","
          aria-pressed={parts !== null}
          rightSection={<Key name="," />}
          onMouseDown={keepKeys}
          onClick={() => set({ parts: parts ? null : splitOver(amount, balances) })}
        >
          {t(parts ? "form.unsplit" : "form.split")}
        </Button>
        {parts ? <Left amount={amount} parts={parts} /> : <span className="quiet">{t("form.one_date")}</span>}
      </div>
      {parts && <Rows rows={rowsOf(parts, balances)} set={set} errors={errors} />}
      {errors["promise.parts"] && (
        <p className={css.error} role="alert">
          {errors["promise.parts"]}
        </p>
      )}
    </div>
  );
}

function Left({ amount, parts }: { amount: number; parts: DraftPart[] }) {
  const { t } = useTranslation();
  const sum = sumOf(parts);
  if (sum === null) return <span role="status">{t("form.no_amount")}</span>;
  const left = amount - sum;
  const said = left === 0 ? t("form.parts_fit") : left > 0 ? t("form.rest", { yen: yen(left) }) : t("form.over", { yen: yen(-left) });
  return (
    <span role="status" data-left={left}>
      {said}
    </span>
  );
}

function Rows({ rows, set, errors }: { rows: ReturnType<typeof rowsOf>; set: Props["set"]; errors: Props["errors"] }) {
  const { t } = useTranslation();
  // The server counts the parts that were sent: those with an amount.
  let sent = -1;
  return (
    <ul className={css.partRows}>
      {rows.map(({ part, owed }, i) => {
        if (part.amount.trim() !== "") sent++;
        const at = part.amount.trim() === "" ? "" : `promise.parts[${sent}]`;
        const label = t("form.part", { insurance: t(`insurance.${part.insurance}`), term: part.term });
        const typed = (value: string) => set({ parts: rows.map((r, n) => (n === i ? { ...part, amount: value } : r.part)) });
        return (
          <li key={part.insurance + part.term}>
            <span>
              {t(`insurance.${part.insurance}`)} {part.term}
            </span>
            <span className="quiet digits">{owed === null ? "" : yen(owed)}</span>
            <TextInput
              size="xs"
              aria-label={label}
              inputMode="numeric"
              autoComplete="off"
              value={part.amount}
              error={at && (errors[`${at}.amount_yen`] ?? errors[`${at}.term`] ?? errors[`${at}.insurance`])}
              onChange={(e) => typed(e.currentTarget.value)}
              onBlur={() => {
                const some = parseYen(part.amount);
                if (some) typed(yen(some));
              }}
            />
          </li>
        );
      })}
    </ul>
  );
}
