import { Button, Checkbox, Select, Textarea, TextInput, Tooltip } from "@mantine/core";
import { IconDeviceFloppy } from "@tabler/icons-react";
import { lazy, type RefObject, Suspense, useEffect, useId } from "react";
import { useTranslation } from "react-i18next";
import { useHours } from "../../api/hooks";
import type { Balance } from "../../api/types";
import { day, dayAndTime, fromLocalField } from "../../format/time";
import { parseYen, yen } from "../../format/yen";
import { language, inTime } from "../../i18n";
import { keepKeys } from "../../keys/keepKeys";
import { type Business, businesses, businessKeys, noPerson, type Party, parties } from "../../keys/keymap";
import { Key } from "../../parts/Key";
import { Notice } from "../../parts/Notice";
import css from "./desk.module.css";
import { type Draft, hasMore, means, nextMorning, withoutPerson } from "./draft";

const Parts = lazy(() => import("./PromiseParts"));
const InboundKinds = lazy(() => inTime(() => import("../inbound/InboundKinds")));
const loadMore = () => inTime(() => import("../talk/ResultMore"));
const More = lazy(loadMore);

interface Props {
  /** What the case owes, by insurance and term. */
  balances: Balance[];
  /** Saving the same once more records it although more is promised than is owed. */
  confirming: boolean;
  draft: Draft;
  /** The call came in: then it has a kind. */
  cameIn?: boolean;
  onChange: (draft: Draft) => void;
  onParty: (party: Party) => void;
  onBusiness: (business: Business) => void;
  onSave: () => void;
  /** What the button says. */
  saveLabel: string;
  /** Why it cannot be saved now; empty when it can. */
  obstacle: string;
  saving: boolean;
  /** What the server would not take, by field, and beyond fields. */
  errors: Record<string, string>;
  problem: string;
  root: RefObject<HTMLFormElement | null>;
}

/** What came of a talk, all by keyboard: who was there, what they said, a promise, a note. */
export function ResultForm(props: Props) {
  const { draft, onChange, onSave, obstacle, saving, errors, problem, root } = props;
  const { t } = useTranslation();
  useFirstError(root, errors);
  // Its keys must not come too early for it: what is then typed would choose results.
  useEffect(() => void loadMore(), []);
  const nobody = noPerson.includes(draft.party as Party);
  const set = (change: Partial<Draft>) => onChange({ ...draft, ...change });
  const callAgain = fromLocalField(draft.callAgain);
  const proposal = nextMorning(useHours().data?.next_day);
  const proposing = proposal !== "" && draft.callAgain === "";
  return (
    <form
      ref={root}
      className={css.form}
      aria-label={t("form.title")}
      data-came-in={props.cameIn || undefined}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!obstacle) onSave();
      }}
    >
      <div className={css.fields}>
        {props.cameIn && (
          <Suspense fallback={null}>
            <InboundKinds draft={draft} onChange={onChange} error={errors.kind} />
          </Suspense>
        )}
        <PartyChoice draft={draft} onParty={props.onParty} error={errors.party} />
        <BusinessChoice draft={draft} nobody={nobody} onBusiness={props.onBusiness} error={errors.business_results} />
        {draft.business.includes("promise") && <PromiseFields draft={draft} set={set} errors={errors} balances={props.balances} />}
        {hasMore(draft.business) && (
          <Suspense fallback={null}>
            <More draft={draft} set={set} errors={errors} />
          </Suspense>
        )}
        <Textarea
          label={<Label text={t("form.note")} name="N" />}
          aria-label={t("form.note")}
          data-field="note"
          aria-keyshortcuts="N"
          size="sm"
          autosize
          minRows={props.cameIn ? 1 : 2}
          maxRows={5}
          maxLength={2000}
          value={draft.note}
          error={errors.note}
          placeholder={t("form.note_hint")}
          onChange={(e) => set({ note: e.currentTarget.value })}
        />
        <div className={css.again}>
          <Label text={t("form.call_again")} name={proposing ? "" : "V"} note={callAgain ? dayAndTime(callAgain, language()) : ""} />
          <TextInput
            type="datetime-local"
            size="sm"
            aria-label={t("form.call_again")}
            data-field="call_again"
            aria-keyshortcuts="V"
            value={draft.callAgain}
            error={errors.call_again_at}
            onChange={(e) => set({ callAgain: e.currentTarget.value })}
          />
          {proposing ? (
            <Button variant="default" size="xs" data-propose="call_again" aria-keyshortcuts="V" onMouseDown={keepKeys} rightSection={<Key name="V" />} onClick={() => set({ callAgain: proposal })}>
              {dayAndTime(fromLocalField(proposal)!, language())}
              <span className="visually-hidden">{t("form.propose")}</span>
            </Button>
          ) : (
            <Checkbox
              label={t("form.mine")}
              size="sm"
              checked={draft.mine && draft.callAgain !== ""}
              disabled={draft.callAgain === ""}
              error={errors.mine}
              onChange={(e) => set({ mine: e.currentTarget.checked })}
            />
          )}
        </div>
      </div>
      <div className={css.foot}>
        {props.confirming && <Notice tone="wait">{t("form.confirm_above")}</Notice>}
        {problem && <Notice tone="bad">{problem}</Notice>}
        <Tooltip label={obstacle} disabled={!obstacle} withArrow>
          <Button
            type="submit"
            size="md"
            fullWidth
            data-desk-key
            leftSection={<IconDeviceFloppy size={20} aria-hidden />}
            rightSection={<Key name="Enter" />}
            aria-keyshortcuts="Enter Control+Enter"
            data-disabled={obstacle ? true : undefined}
            aria-disabled={obstacle ? true : undefined}
            loading={saving}
            justify="space-between"
            classNames={{ label: css.saveLabel! }}
            onClick={(event) => obstacle && event.preventDefault()}
          >
            {/* A word of its own each time: what changes there moves nothing. */}
            <span key={obstacle || String(props.confirming)}>{obstacle || (props.confirming ? t("form.confirm_save") : props.saveLabel)}</span>
          </Button>
        </Tooltip>
      </div>
    </form>
  );
}

// A field that was not taken gets the focus and is ready to be typed over.
function useFirstError(root: RefObject<HTMLFormElement | null>, errors: Record<string, string>) {
  const fields = Object.keys(errors).join();
  useEffect(() => {
    if (!fields) return;
    const wrong = root.current?.querySelector<HTMLInputElement>("input[aria-invalid=true], textarea[aria-invalid=true]");
    wrong?.focus();
    if (wrong?.type === "text") wrong.select();
  }, [fields, root]);
}

function Label({ text, name, note }: { text: string; name: string; note?: string }) {
  return (
    <span className={css.label}>
      {text} {name && <Key name={name} />}
      {note && <span className="quiet digits">{note}</span>}
    </span>
  );
}

function PartyChoice({ draft, onParty, error }: { draft: Draft; onParty: (party: Party) => void; error: string | undefined }) {
  const { t } = useTranslation();
  const said = useId();
  return (
    <fieldset className={css.choice} aria-describedby={error ? said : undefined}>
      <legend>{t("form.party")}</legend>
      <div className={css.parties}>
        {parties.map((party, i) => (
          <button
            key={party}
            type="button"
            onMouseDown={keepKeys}
            className={css.pick}
            aria-pressed={draft.party === party}
            aria-keyshortcuts={String(i + 1)}
            onClick={() => onParty(party)}
          >
            <Key name={String(i + 1)} />
            <span>{t(`party.${party}`)}</span>
          </button>
        ))}
      </div>
      {error && (
        <p id={said} className={css.error} role="alert">
          {error}
        </p>
      )}
    </fieldset>
  );
}

interface BusinessProps {
  draft: Draft;
  nobody: boolean;
  onBusiness: (business: Business) => void;
  error: string | undefined;
}

function BusinessChoice({ draft, nobody, onBusiness, error }: BusinessProps) {
  const { t } = useTranslation();
  const said = useId();
  return (
    <fieldset className={css.choice} aria-describedby={error ? said : undefined}>
      <legend>
        {t("form.business")} <span className="quiet">{t("form.business_hint")}</span>
      </legend>
      <div className={css.businesses}>
        {businesses.map((business) => {
          const place = draft.business.indexOf(business);
          return (
            <button
              key={business}
              type="button"
              onMouseDown={keepKeys}
              className={css.pick}
              data-business={business}
              aria-pressed={place >= 0}
              aria-keyshortcuts={businessKeys[business]}
              disabled={nobody && !withoutPerson.includes(business)}
              title={nobody && !withoutPerson.includes(business) ? t("form.needs_person") : undefined}
              onClick={() => onBusiness(business)}
            >
              <Key name={businessKeys[business]} />
              <span>{t(`business.${business}`)}</span>
              {place === 0 && draft.business.length > 1 && <span className={css.primary}>{t("form.primary")}</span>}
            </button>
          );
        })}
      </div>
      {error && (
        <p id={said} className={css.error} role="alert">
          {error}
        </p>
      )}
    </fieldset>
  );
}

interface PromiseProps {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
  balances: Balance[];
  errors: Record<string, string>;
}

function PromiseFields({ draft, set, errors, balances }: PromiseProps) {
  const { t } = useTranslation();
  const amount = parseYen(draft.amount);
  return (
    <fieldset className={css.promise}>
      <legend className="visually-hidden">{t("business.promise")}</legend>
      <TextInput
        size="sm"
        label={<Label text={t("form.amount")} name="M" />}
        aria-label={t("form.amount")}
        data-field="amount"
        aria-keyshortcuts="M"
        inputMode="numeric"
        autoComplete="off"
        value={draft.amount}
        error={errors["promise.amount_yen"] ?? errors.promise ?? (amount === null && draft.amount ? t("form.no_amount") : undefined)}
        rightSection={<span className="quiet">{t("case.yen")}</span>}
        onChange={(e) => set({ amount: e.currentTarget.value })}
        onBlur={() => amount !== null && set({ amount: yen(amount) })}
      />
      <TextInput
        type="date"
        size="sm"
        label={<Label text={t("form.due_on")} name="P" note={/^\d{4}-/.test(draft.dueOn) ? day(`${draft.dueOn}T12:00:00+09:00`, language()) : ""} />}
        aria-label={t("form.due_on")}
        data-field="due_on"
        aria-keyshortcuts="P"
        value={draft.dueOn}
        error={errors["promise.due_on"]}
        onChange={(e) => set({ dueOn: e.currentTarget.value })}
      />
      <Select
        size="sm"
        label={t("form.means")}
        allowDeselect={false}
        value={draft.means}
        error={errors["promise.means"]}
        data={means.map((m) => ({ value: m, label: t(`means.${m}`) }))}
        onChange={(m) => m && set({ means: m })}
      />
      <Suspense fallback={null}>
        <Parts draft={draft} balances={balances} set={set} errors={errors} />
      </Suspense>
    </fieldset>
  );
}
