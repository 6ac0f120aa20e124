import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { Session } from "../../api/types";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import { Panel } from "../../parts/Panel";
import { useProblemText } from "../../parts/useWords";
import { AddPasskey, AddTOTP, Codes } from "./Enrol";
import { NewPassword } from "./NewPassword";
import { SessionTable } from "./SessionTable";
import { useAsk } from "./useAsk";
import { ByDirectory } from "../signin/ByDirectory";
import { passkeysHere, usePasskeyOnce } from "./webauthn";
import css from "./account.module.css";

/** How one signs in: the password, the second factors, and where one is signed in. */
export function AccountScreen() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [changed, setChanged] = useState(false);
  return (
    <div className={page.page}>
      <h1 className={page.title}>{t("shell.account")}</h1>
      <div className={css.columns}>
        <Panel title={t("account.second_factor")}>
          <Factors />
        </Panel>
        <Panel title={t("account.password")}>
          {changed && <Notice tone="talk">{t("account.password_changed")}</Notice>}
          <NewPassword
            lead={t("account.password_lead")}
            onDone={(next) => {
              client.setQueryData(keys.session, next);
              void client.invalidateQueries({ queryKey: keys.mySessions });
              setChanged(true);
            }}
          />
        </Panel>
      </div>
      <MySessions />
    </div>
  );
}

function Factors() {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const session = useSession();
  const { data: have, error } = useQuery({ queryKey: keys.factors, queryFn: kakeru.getFactors });
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [codes, setCodes] = useState<string[]>([]);
  const { failure, ask } = useAsk();
  const here = passkeysHere(session.passkey_origin);
  const fresh = () => client.invalidateQueries({ queryKey: keys.factors });
  function added(shown: string[], next: Session) {
    client.setQueryData(keys.session, next);
    setCodes(shown);
    void fresh();
  }
  if (error) return <Notice tone="bad">{say(error)}</Notice>;
  if (!have) return null;
  if (codes.length > 0) {
    return (
      <div className={css.form}>
        <Codes codes={codes} onDone={() => setCodes([])} />
      </div>
    );
  }
  // Just after signing in by the ward's directory no password is asked; who has a second factor gives it too.
  const fromDirectory = session.confirmed_until !== null && new Date(session.confirmed_until) > new Date();
  const protectedNow = have.totp || have.passkeys.length > 0;
  const byPasskey = code === "" && have.passkeys.length > 0 && here;
  const needed = (password === "" && !fromDirectory) || (protectedNow && code === "" && !byPasskey);
  async function prove(): Promise<kakeru.Proof> {
    const proof: kakeru.Proof = password ? { password } : {};
    if (!protectedNow) return proof;
    if (byPasskey) return { ...proof, passkey: await usePasskeyOnce(await kakeru.askPasskey()) };
    setCode(""); // each is good once
    return { ...proof, code };
  }
  return (
    <div className={css.form}>
      <p className={css.lead}>{t(session.second_factor === "required" ? "account.factor_required" : "account.factor_lead")}</p>
      <PasswordInput
        label={t("account.old_password")}
        description={t(fromDirectory ? "account.password_not_now" : "account.password_again")}
        autoComplete="current-password"
        value={password}
        visibilityToggleButtonProps={{ "aria-label": t("sign_in.show_password") }}
        onChange={(e) => setPassword(e.currentTarget.value)}
      />
      {protectedNow && (
        <TextInput
          label={t("account.code")}
          description={t(have.passkeys.length > 0 && here ? "account.code_or_passkey" : have.totp ? "account.code_again" : "account.recovery_hint")}
          autoComplete="one-time-code"
          value={code}
          onChange={(e) => setCode(e.currentTarget.value)}
        />
      )}
      {session.in_directory && !fromDirectory && (
        <>
          <p className="quiet">{t("account.by_directory")}</p>
          <ByDirectory />
        </>
      )}
      {failure && <Notice tone="bad">{failure}</Notice>}
      {have.totp && (
        <div className={css.row}>
          <span>{t("account.totp")}</span>
          <Button size="compact-sm" variant="default" disabled={needed} onClick={() => void ask(async () => kakeru.removeTOTP(await prove()).then(fresh))}>
            {t("account.remove")}
          </Button>
        </div>
      )}
      {have.passkeys.map((p) => (
        <div key={p.id} className={css.row}>
          <span>
            {t("account.passkey_of", { name: p.name })}
            {p.used_at && <small className="quiet"> {t("account.last_used", { at: dayAndTime(p.used_at, language()) })}</small>}
          </span>
          <Button size="compact-sm" variant="default" disabled={needed} onClick={() => void ask(async () => kakeru.removePasskey(p.id, await prove()).then(fresh))}>
            {t("account.remove")}
          </Button>
        </div>
      ))}
      {protectedNow && (
        <div className={css.row}>
          <span>{t("account.codes_left", { count: have.recovery_codes })}</span>
          <Button
            size="compact-sm"
            variant="default"
            disabled={needed}
            onClick={() => void ask(async () => {
              setCodes(await kakeru.newRecoveryCodes(await prove()));
              void fresh();
            })}
          >
            {t("account.new_codes")}
          </Button>
        </div>
      )}
      {!needed && !have.totp && <AddTOTP prove={prove} onDone={added} />}
      {!needed && here && <AddPasskey prove={prove} onDone={added} />}
      {session.passkey_origin && !here && <p className="quiet">{t("account.passkey_elsewhere", { origin: session.passkey_origin })}</p>}
    </div>
  );
}

function MySessions() {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const { data: list, error } = useQuery({ queryKey: keys.mySessions, queryFn: kakeru.getMySessions, staleTime: 0 });
  const { failure, ask } = useAsk();
  const fresh = () => client.invalidateQueries({ queryKey: keys.mySessions });
  const others = (list ?? []).some((s) => !s.here);
  return (
    <Panel
      title={t("account.sessions")}
      side={
        others && (
          <Button size="compact-sm" variant="default" onClick={() => void ask(() => kakeru.endMyOtherSessions().then(fresh))}>
            {t("account.end_others")}
          </Button>
        )
      }
    >
      {(error || failure) && <Notice tone="bad">{failure || say(error)}</Notice>}
      <SessionTable list={list ?? []} onEnd={(id) => void ask(() => kakeru.endMySession(id).then(fresh))} />
    </Panel>
  );
}
