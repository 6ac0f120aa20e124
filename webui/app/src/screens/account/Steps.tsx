import { Button, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { IconFingerprint } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { leaveSession } from "../../api/session";
import type { Session } from "../../api/types";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import { Door } from "./Door";
import { AddPasskey, AddTOTP, Codes } from "./Enrol";
import { NewPassword } from "./NewPassword";
import { useAsk } from "./useAsk";
import { passkeysHere, usePasskeyOnce } from "./webauthn";
import css from "./account.module.css";

/** What is asked after the password: a second factor, its enrolment, a password of one's own. */
export default function Steps({ session }: { session: Session }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  // The codes are shown once, before the next step comes up.
  const [shown, setShown] = useState<{ codes: string[]; then: Session } | null>(null);
  const go = (next: Session) => client.setQueryData(keys.session, next);
  let step: ReactNode;
  if (shown) step = <Codes codes={shown.codes} onDone={() => go(shown.then)} />;
  else if (session.step === "second_factor") step = <SecondFactor session={session} onDone={go} />;
  else if (session.step === "enrol") step = <Enrol session={session} onDone={(codes, then) => setShown({ codes, then })} />;
  else step = <NewPassword lead={t("account.must_change")} onDone={go} />;
  return (
    <Door title={t(`account.step.${shown || session.step === "done" ? "codes" : session.step}`)}>
      {step}
      {!shown && (
        <Button variant="subtle" color="gray" onClick={() => void leaveSession(client)}>
          {t("account.back")}
        </Button>
      )}
    </Door>
  );
}

function SecondFactor({ session, onDone }: { session: Session; onDone: (next: Session) => void }) {
  const { t } = useTranslation();
  const [code, setCode] = useState("");
  const { asking, failure, ask } = useAsk();
  const passkey = session.ways.includes("passkey");
  const codes = session.ways.some((way) => way !== "passkey");
  return (
    <>
      {passkey && (
        <>
          <Button
            size="md"
            leftSection={<IconFingerprint size={20} aria-hidden />}
            loading={asking}
            disabled={!passkeysHere(session.passkey_origin)}
            onClick={() => void ask(async () => onDone(await kakeru.givePasskey(await usePasskeyOnce(await kakeru.askPasskey()))))}
          >
            {t("account.use_passkey")}
          </Button>
          {!passkeysHere(session.passkey_origin) && <Notice tone="note">{t("account.passkey_elsewhere", { origin: session.passkey_origin })}</Notice>}
        </>
      )}
      {codes && (
        <form
          className={css.form}
          onSubmit={(event) => {
            event.preventDefault();
            void ask(async () => onDone(await kakeru.giveCode(code)));
          }}
        >
          <TextInput
            label={t("account.code")}
            description={t(session.ways.includes("totp") ? "account.code_hint" : "account.recovery_hint")}
            size="md"
            autoFocus={!passkey}
            autoComplete="one-time-code"
            inputMode={session.ways.includes("recovery") ? "text" : "numeric"}
            value={code}
            onChange={(e) => setCode(e.currentTarget.value)}
          />
          <Button type="submit" size="md" loading={asking} disabled={code.trim() === ""}>
            {t("account.go_on")}
          </Button>
        </form>
      )}
      {failure && <Notice tone="bad">{failure}</Notice>}
    </>
  );
}

function Enrol({ session, onDone }: { session: Session; onDone: (codes: string[], next: Session) => void }) {
  const { t } = useTranslation();
  return (
    <>
      <p className={css.lead}>{t("account.enrol_lead")}</p>
      <AddTOTP onDone={onDone} />
      {passkeysHere(session.passkey_origin) && <AddPasskey onDone={onDone} />}
    </>
  );
}

