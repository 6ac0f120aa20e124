import { IconCoffee } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useCase, useDesks, useSession } from "../../api/hooks";
import type { Identifier, Phone } from "../../api/types";
import { inTime } from "../../i18n";
import { type AwayReason, awayReasons, type Command, noPerson, type Party } from "../../keys/keymap";
import { situationOf } from "../../keys/situation";
import { copyText } from "../../parts/copy";
import { Empty } from "../../parts/Empty";
import { useProblemText } from "../../parts/useWords";
import { useOverlays } from "../../shell/overlays";
import { useAskedNow } from "./asked";
import { AwayChooser } from "./Away";
import { CallBar } from "./CallBar";
import { CaseFinder } from "./CaseFinder";
import { CasePanel } from "./CasePanel";
import { CorrectResult } from "./CorrectResult";
import css from "./desk.module.css";
import { chooseParty } from "./draft";
import { obeyInForm } from "./formCommands";
import { History } from "./History";
import { IdentityTicks } from "./IdentityTicks";
import { mayBeThePerson, useIdentity } from "./useIdentity";
import { KinLine } from "../../parts/KinLine";
import { PaidLine } from "../../parts/PaidLine";
import { Legend } from "./Legend";
import { OtherScreen, useOtherScreen } from "./OtherScreen";
import { lastOfMine, Previous, useRecent } from "./Previous";
import { ResultForm } from "./ResultForm";
import { SeatPicker } from "./SeatPicker";
import { TodayList } from "./TodayList";
import { useCameIn } from "./useCameIn";
import { type MyDesk, useMyDesk, usePresented, useTelephone } from "./useDesk";
import { useDeskKeys } from "./useDeskKeys";
import { useMachineEnd } from "./useMachineEnd";
import { useObstacle } from "./useObstacle";
import { proposedDraft, type Saved, useResult } from "./useResult";

/** The operator's desk: one case, one telephone, one form. */
export function DeskScreen() {
  const mine = useMyDesk();
  const { data: desks } = useDesks();
  const had = useRef("");
  if (mine) had.current = mine.desk.id;
  const other = useOtherScreen(mine?.desk);
  if (mine === undefined) return null;
  if (mine && other) return <OtherScreen desk={mine.desk} />;
  return mine ? <Desk mine={mine} /> : <SeatPicker lost={desks?.find((d) => d.id === had.current && d.operator)} />;
}

const RungBefore = lazy(() => inTime(() => import("../inbound/RungBefore")));
const CaseHandoffs = lazy(() => inTime(() => import("../talk/CaseHandoffs")));
const DeskScripts = lazy(() => inTime(() => import("../scripts/DeskScripts")));

// Enter that saved a result must not, pressed twice, dial the case that comes next.
const breath = 450;

function Desk({ mine }: { mine: MyDesk }) {
  const { t } = useTranslation();
  const session = useSession();
  const say = useProblemText();
  const { open, show, close } = useOverlays();
  const go = useNavigate();
  const noCase = usePresented(mine);
  const telephone = useTelephone(mine);
  const { data: page, error } = useCase(mine.desk.case_id);
  const about = page?.case;
  const [picked, setPicked] = useState<Phone["mark"] | null>(null); // by its mark: another may be put before it
  const [copied, setCopied] = useState(false);
  const [saved, setSaved] = useState<Saved | "">("");
  const [choosing, setChoosing] = useState(false);
  const [leaving, setLeaving] = useState(false); // the reasons to go away are shown
  const [correct, setCorrect] = useState<string | null>(null);
  const arrived = useRef(0);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    setPicked(null);
    setCopied(false);
    arrived.current = performance.now();
  }, [mine.desk.case_id]);

  useEffect(() => setChoosing(false), [mine.call?.id, mine.call?.state]);
  useEffect(() => setLeaving(false), [mine.phase]);

  // Whose call it was that came in may be said until its result is recorded.
  const cameIn = useCameIn(mine);

  const usable = about?.phones.filter((p) => p.usable) ?? [];
  const dialled = useRef<Phone["mark"] | undefined>(undefined);
  const chosen = usable.find((p) => p.mark === picked);
  const marked = mine.phase === "idle" ? chosen : usable.find((p) => p.mark === dialled.current);
  const phone: Phone | undefined = marked ?? usable.find((p) => p.rank === about?.next_number?.rank) ?? usable[0];
  // Why it came stands there through the call: that its number may not be rung again just now is no news then.
  const stood = useRef(about);
  useEffect(() => {
    if (mine.phase === "idle" || mine.phase === "ringing") stood.current = about;
  }, [mine.phase, about]);
  const called = mine.phase === "calling" || mine.phase === "talking";
  const came = called && stood.current?.id === about?.id ? stood.current?.stands : undefined; // of another case before a call that came in it says nothing
  // The number that was called stays the one that is marked, though the next call would go to another.
  useEffect(() => {
    if (mine.phase === "idle") dialled.current = phone?.mark;
  }, [mine.phase, phone?.mark]);
  const obstacle = useObstacle(mine, phone, page);
  const result = useResult(session.user.id, mine.attempt, proposedDraft(about), setSaved);
  const [asked] = useAskedNow(mine.desk);
  // With anybody but the person nothing waits for the server's word that it is hidden.
  const withheld = !!page && page.identity.needed > 0 && !mayBeThePerson(result.draft.party);
  const identity = useIdentity(mine.attempt, about?.id, page?.identity, result.draft.party);
  const machineEnd = useMachineEnd(mine, telephone, result, cameIn);
  const undo = lastOfMine(useRecent(), session.user.id);
  const cannotSave = mine.phase === "talking" ? t("form.after_the_call") : "";

  function dial() {
    if (obstacle || performance.now() - arrived.current < breath) return;
    setSaved("");
    telephone.dial(chosen?.number);
  }
  async function copy() {
    if (about?.ward_number && (await copyText(about.ward_number))) setCopied(true);
  }

  const asking = mine.phase === "talking" || mine.phase === "wrap_up";
  function tick(it: Identifier | undefined) {
    if (!it || !page || !asking || !mayBeThePerson(result.draft.party)) return;
    const all = identity.toggle(it).length >= page.identity.needed;
    if (all && !result.draft.party) result.change(chooseParty(result.draft, "self", false));
  }
  function checkHistory() {
    if (page && !page.history_check.at) telephone.checkHistory(page.case.id);
  }

  function correctResult(attempt: string) {
    setCorrect(attempt);
    show("correct");
  }
  function goAway(reason: AwayReason | undefined) {
    if (!leaving || !reason) return;
    setLeaving(false);
    telephone.goAway(reason);
  }

  function obey(command: Command) {
    switch (command.do) {
      case "identify":
        return tick(page?.identity.allowed[command.nth]);
      case "check_history":
        return checkHistory();
      case "dial":
        return dial();
      case "hang_up":
        return telephone.hangUp();
      case "skip":
        return mine.desk.case_id && telephone.skip();
      case "asked":
        return asked && telephone.present(asked.case_id);
      case "undo":
        return undo && correctResult(undo.id);
      case "voicemail":
        return machineEnd?.();
      case "away":
        return setLeaving(!leaving);
      case "away_reason":
        return goAway(awayReasons[command.nth]);
      case "back":
        return mine.desk.paused_by_name ? undefined : telephone.comeBack();
      case "copy":
        return void copy();
      case "search":
        if (mine.phase === "idle") show("find");
        else if (cameIn) show("name");
        return;
      case "heard":
        return telephone.heard(command.what);
      case "hold":
        return mine.call && !mine.call.transfer_to && telephone.hold();
      case "mute":
        return telephone.mute();
      case "pause_recording":
        return telephone.pauseRecording();
      case "transfer":
        return mine.call?.state === "talking" && !mine.call.transfer_to && setChoosing(!choosing);
      case "complete_transfer":
        return mine.call?.consulting && telephone.endTransfer("complete");
      case "cancel_transfer":
        return telephone.endTransfer("cancel");
      case "scripts":
        return show("scripts");
      case "by_hand":
        return void go({ to: "/by-hand", search: mine.desk.case_id ? { case: mine.desk.case_id } : {} });
      case "help":
        return show("help");
      case "save":
        return cannotSave ? undefined : obeyInForm(command, form.current, result);
      default:
        return obeyInForm(command, form.current, result);
    }
  }
  const scripts = (
    <Suspense>
      <DeskScripts
        situations={situationOf(mine.phase, cameIn, !!about, result.draft.party, result.draft.business)}
        spoken={about?.language ?? "ja"}
        searching={open === "scripts"}
        onClose={close}
      />
    </Suspense>
  );
  useDeskKeys(mine.phase, open !== null, obey);

  return (
    <div className={css.desk}>
      <div className={css.left}>
        {about ? (
          <>
            <CasePanel
              about={{ ...about, ...(came && { stands: came }), ...(withheld && { total_yen: null, balances: [] }) }}
              chosen={phone}
              onChoose={mine.phase === "idle" ? (p) => setPicked(p.mark) : undefined}
              copied={copied}
              onCopy={() => void copy()}
              keyed
              history={{ ...page.history_check, onCheck: checkHistory, past: mine.phase !== "idle" }}
              identity={
                page.identity.needed > 0 && (
                  <IdentityTicks
                    check={page.identity}
                    ticks={identity.ticks}
                    party={result.draft.party}
                    onTick={asking ? tick : undefined}
                    problem={identity.problem}
                  />
                )
              }
            />
            <KinLine kin={page.kin} />
            {page.paid && <PaidLine paid={page.paid} />}
            {cameIn && mine.attempt && (
              <Suspense>
                <RungBefore call={mine.attempt} />
              </Suspense>
            )}
            <Suspense>
              <CaseHandoffs about={about.id} />
            </Suspense>
            {scripts}
            {/* The call of now comes to the others when it is over: nothing moves under the eyes of who talks. */}
            <History attempts={(page.history ?? []).filter((a) => a.id !== (mine.call?.id ?? mine.desk.call_id))} />
          </>
        ) : (
          <>
            <h1 className="visually-hidden">{t("door.desk")}</h1>
            <section className={css.noCase}>
              <Empty
                title={mine.phase === "away" ? t(mine.desk.paused_by_name ? "away.paused_no_case" : "away.no_case") : error ? say(error) : noCase ? say(noCase) : t("desk.fetching")}
                icon={<IconCoffee size={36} stroke={1.4} aria-hidden />}
              >
                {noCase !== null && <span>{t("desk.empty_hint")}</span>}
              </Empty>
            </section>
            {scripts}
          </>
        )}
        <Legend
          moment={{
            phase: mine.phase,
            cameIn,
            party: !result.draft.party ? "" : noPerson.includes(result.draft.party as Party) ? "machine" : "person",
            promise: result.draft.business.includes("promise"),
            undo: !!undo,
            hasCase: !!about,
            paused: !!mine.desk.paused_by_name,
          }}
        />
      </div>
      <div className={css.right}>
        <CallBar mine={mine} phone={phone} obstacle={obstacle} telephone={telephone} onDial={dial} choosing={choosing} onChoose={setChoosing} nobody={!result.draft.party} onMachine={machineEnd} onName={cameIn ? () => show("name") : undefined} />
        {mine.attempt ? (
          <ResultForm
            root={form}
            draft={result.draft}
            balances={withheld ? [] : (about?.balances ?? [])}
            confirming={result.confirming}
            cameIn={cameIn}
            onChange={result.change}
            onParty={(party) => obey({ do: "party", party })}
            onBusiness={(business) => obey({ do: "business", business })}
            onSave={() => void result.save()}
            saveLabel={t("form.save")}
            obstacle={cannotSave}
            saving={result.saving}
            errors={result.errors}
            problem={result.problem}
          />
        ) : (
          <>
            <Previous desk={mine.desk.id} saved={saved} undo={mine.phase === "idle" ? undo : undefined} onUndo={correctResult} />
            {leaving && <AwayChooser onChoose={goAway} onClose={() => setLeaving(false)} />}
            <TodayList
              mine={mine}
              onSkip={telephone.skip}
              onPresent={telephone.present}
              onCorrect={correctResult}
              onAway={() => setLeaving(!leaving)}
              busy={mine.phase !== "idle"}
            />
          </>
        )}
      </div>
      <CaseFinder
        opened={open === "name"}
        onClose={close}
        onChoose={telephone.nameCase}
        title={t("talk.name_title")}
        hint={t("talk.name_hint")}
        action={t("talk.name_this")}
      />
      <CorrectResult attempt={open === "correct" ? correct : null} onClose={close} />
    </div>
  );
}
