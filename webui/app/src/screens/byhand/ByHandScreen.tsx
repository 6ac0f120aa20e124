import { Button, Radio, Select, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useCase, useDesks, useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import { Problem } from "../../api/problem";
import type { Case } from "../../api/types";
import { phoneNumber } from "../../format/phone";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import type { Command } from "../../keys/keymap";
import { serverNow } from "../../live/clock";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import { useOverlays } from "../../shell/overlays";
import { CaseFinder } from "../desk/CaseFinder";
import { obeyInForm } from "../desk/formCommands";
import { ResultForm } from "../desk/ResultForm";
import { useDeskKeys } from "../desk/useDeskKeys";
import { proposedDraft, toConfirm } from "../desk/useResult";
import css from "./byhand.module.css";
import { bodyOf, type HandCall, handResults, nothingYet, talked } from "./handcall";

/** 手動記録: a call that was made or taken on another telephone, noted by whoever talked. */
export function ByHandScreen() {
  const { t } = useTranslation();
  const { case: wanted } = useSearch({ strict: false }) as { case?: string };
  const [noted, setNoted] = useState<kakeru.Noted | null>(null);
  const [round, setRound] = useState(0);
  return (
    <div className={page.page}>
      <div className={page.tools}>
        <h1 className={page.title}>{t("door.byhand")}</h1>
        <span className="quiet">{t("byhand.hint")}</span>
      </div>
      {noted && (
        <Notice tone="talk">
          <span data-noted={noted.id}>
            {t("byhand.noted")} {language() === "en" ? noted.next.why_en || noted.next.why : noted.next.why}
            {noted.next.due && ` (${dayAndTime(noted.next.due, language())})`}
          </span>
        </Notice>
      )}
      <Form
        key={round}
        wanted={round === 0 ? wanted : undefined}
        onNoted={(what) => {
          setNoted(what);
          setRound((n) => n + 1);
        }}
      />
    </div>
  );
}

function Form({ wanted, onNoted }: { wanted: string | undefined; onNoted: (noted: kakeru.Noted) => void }) {
  const { t } = useTranslation();
  const { open, show, close } = useOverlays();
  const [call, setCall] = useState<HandCall>(() => nothingYet(serverNow(), wanted));
  const { data: found } = useCase(call.caseID || undefined);
  const about = call.caseID ? found?.case : undefined;
  const draft = call.draft ?? proposedDraft(about);
  const sending = useNoting(call, draft, onNoted);
  const form = useRef<HTMLFormElement>(null);
  const set = (change: Partial<HandCall>) => setCall((c) => ({ ...c, ...change }));
  const filling = { draft, change: (next: typeof draft) => set({ draft: next }), save: sending.save };

  function obey(command: Command) {
    if (command.do === "search") return show("find_by_hand");
    if (command.do === "help") return show("help");
    if (talked(call) || command.do === "save" || command.do === "leave_field") obeyInForm(command, form.current, filling);
  }
  useDeskKeys("wrap_up", open !== null, obey);

  return (
    <div className={css.form}>
      <section className={`${parts.panel} ${css.call}`} aria-label={t("byhand.call")}>
        <Radio.Group label={t("attempt.direction")} value={call.direction} onChange={(d) => set({ direction: d as HandCall["direction"] })}>
          <div className={css.directions}>
            {(["outbound", "inbound"] as const).map((d) => (
              <Radio key={d} value={d} label={t(`direction.${d}`)} />
            ))}
          </div>
        </Radio.Group>
        <ChosenCase about={about} direction={call.direction} error={sending.errors.case_id} onFind={() => show("find_by_hand")} onDrop={() => set({ caseID: "", mark: "" })} />
        <WhichNumber call={call} about={about} error={sending.errors.number} set={set} />
        <TextInput
          type="time"
          label={t("byhand.at")}
          value={call.at}
          error={sending.errors.at}
          onChange={(e) => set({ at: e.currentTarget.value })}
        />
        {call.direction === "outbound" && (
          <Select
            label={t("attempt.result")}
            placeholder={t("byhand.choose")}
            value={call.result || null}
            error={sending.errors.result}
            data={handResults.map((r) => ({ value: r, label: t(`result.${r}`) }))}
            onChange={(r) => r && set({ result: r as HandCall["result"] })}
          />
        )}
        {!talked(call) && (
          <>
            {sending.problem && <Notice tone="bad">{sending.problem}</Notice>}
            <Button loading={sending.busy} onClick={() => void sending.save()}>
              {t("byhand.save")}
            </Button>
          </>
        )}
      </section>
      {talked(call) && (
        <ResultForm
          root={form}
          draft={draft}
          balances={about?.balances ?? []}
          confirming={sending.confirming}
          cameIn={call.direction === "inbound"}
          onChange={filling.change}
          onParty={(party) => obey({ do: "party", party })}
          onBusiness={(business) => obey({ do: "business", business })}
          onSave={() => void sending.save()}
          saveLabel={t("byhand.save")}
          obstacle=""
          saving={sending.busy}
          errors={sending.errors}
          problem={sending.problem}
        />
      )}
      <CaseFinder
        opened={open === "find_by_hand"}
        onClose={close}
        onChoose={(id) => set({ caseID: id, mark: "" })}
        title={t("byhand.find")}
        hint={t("byhand.find_hint")}
        action={t("byhand.this_case")}
      />
    </div>
  );
}

interface ChosenCaseProps {
  about: Case | undefined;
  direction: HandCall["direction"];
  error: string | undefined;
  onFind: () => void;
  onDrop: () => void;
}

function ChosenCase({ about, direction, error, onFind, onDrop }: ChosenCaseProps) {
  const { t } = useTranslation();
  return (
    <div className={css.chosen} data-chosen={about?.id}>
      <b>{about ? `${about.name || t("case.no_name")} ${about.ward_number}` : t(direction === "inbound" ? "byhand.no_case" : "byhand.which_case")}</b>
      <Button variant="default" size="sm" aria-keyshortcuts="/" onClick={onFind}>
        {t("byhand.find")}
      </Button>
      {about && direction === "inbound" && (
        <Button variant="subtle" size="sm" onClick={onDrop}>
          {t("byhand.without_case")}
        </Button>
      )}
      {error && (
        <p className={css.error} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

interface WhichNumberProps {
  call: HandCall;
  about: Case | undefined;
  error: string | undefined;
  set: (change: Partial<HandCall>) => void;
}

/** Of ours one of the case's, by its place: an operator need not see it. Of a call that came in what the caller showed. */
function WhichNumber({ call, about, error, set }: WhichNumberProps) {
  const { t } = useTranslation();
  if (call.direction === "inbound") {
    return (
      <TextInput
        label={t("byhand.caller")}
        description={t("byhand.caller_hint")}
        inputMode="tel"
        autoComplete="off"
        value={call.number}
        error={error}
        onChange={(e) => set({ number: e.currentTarget.value })}
      />
    );
  }
  return (
    <Select
      label={t("byhand.number")}
      placeholder={t("byhand.choose")}
      value={call.mark || null}
      error={error}
      disabled={!about}
      data={(about?.phones ?? []).map((p) => ({ value: p.mark, label: `${phoneNumber(p.number)} ${t(`kind.${p.kind}`)}` }))}
      onChange={(mark) => mark && set({ mark })}
    />
  );
}

/** Sends what stands there; the same twice is one call. */
function useNoting(call: HandCall, draft: NonNullable<HandCall["draft"]>, onNoted: (noted: kakeru.Noted) => void) {
  const client = useQueryClient();
  const say = useProblemText();
  const me = useSession().user.id;
  const { data: desks } = useDesks();
  const [failure, setFailure] = useState<unknown>(null);
  const [sent, setSent] = useState(call);
  const [busy, setBusy] = useState(false);
  const [asked, setAsked] = useState("");
  const click = useRef({ of: "", id: "" });
  const stands = JSON.stringify([call, draft]);

  async function save() {
    if (busy) return;
    setBusy(true);
    setFailure(null);
    setSent(call);
    if (click.current.of !== stands) click.current = { of: stands, id: crypto.randomUUID() };
    try {
      const noted = await kakeru.noteCall(bodyOf(call, draft, serverNow(), asked === stands), click.current.id);
      const seat = desks?.find((d) => d.operator === me && d.state === "ready" && d.case_id && d.case_id === call.caseID);
      if (seat) await kakeru.presentNext(seat.id, { skip: true }).catch(() => undefined); // the case stands there still, and can be skipped
      void client.invalidateQueries();
      onNoted(noted);
    } catch (error) {
      setFailure(error);
      setAsked(toConfirm(error) ? stands : "");
    } finally {
      setBusy(false);
    }
  }
  const told: Record<string, string> = failure instanceof Problem ? failure.fields(language()) : {};
  // What was said of a field is over when that is changed.
  const changed = new Set([
    ...(call.caseID !== sent.caseID ? ["case_id", "number"] : []),
    ...(call.mark !== sent.mark || call.number !== sent.number ? ["number"] : []),
    ...(call.at !== sent.at ? ["at"] : []),
    ...(call.result !== sent.result ? ["result"] : []),
  ]);
  const errors = Object.fromEntries(Object.entries(told).filter(([field]) => !changed.has(field)));
  const problem = failure !== null && Object.keys(told).length === 0 ? say(failure) : "";
  return { save, busy, errors, problem, confirming: asked !== "" && asked === stands };
}
