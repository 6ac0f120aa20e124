import { Button, PasswordInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { IconFingerprint, IconLockOpen, IconPhoneOff } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import { settle } from "../../api/owed";
import { leaveSession } from "../../api/session";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import { RunningClock } from "../../parts/RunningClock";
import { useMyDesk } from "../desk/useDesk";
import { ByDirectory } from "../signin/ByDirectory";
import { Door } from "./Door";
import { useAsk } from "./useAsk";
import { passkeysHere, usePasskeyOnce } from "./webauthn";
import css from "./account.module.css";

/** The masked screen: nothing of any person is in the page. A call goes on, with its clock and the button that ends it. */
export default function Locked() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const session = useSession();
  const { user } = session;
  const mine = useMyDesk();
  const [password, setPassword] = useState("");
  const passkey = session.ways.includes("passkey") && passkeysHere(session.passkey_origin);
  const { asking, failure, ask } = useAsk();
  const end = useAsk();
  const call = mine?.phase === "calling" || mine?.phase === "talking" ? mine.call : null;
  async function unlock(proof: kakeru.Proof) {
    await settle(); // a lock that is told after it was lifted would come back
    client.setQueryData(keys.session, await kakeru.unlockScreen(proof));
  }
  return (
    <Door title={t("account.locked")}>
      <p className={css.lead}>{t("account.locked_lead", { login: user.login })}</p>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          void ask(() => unlock({ password }));
        }}
      >
        <PasswordInput
          label={t("sign_in.password")}
          size="md"
          autoFocus
          autoComplete="current-password"
          value={password}
          visibilityToggleButtonProps={{ "aria-label": t("sign_in.show_password") }}
          onChange={(e) => setPassword(e.currentTarget.value)}
        />
        {failure && <Notice tone="bad">{failure}</Notice>}
        <Button type="submit" size="md" leftSection={<IconLockOpen size={20} aria-hidden />} loading={asking} disabled={password === ""}>
          {t("account.unlock")}
        </Button>
        {passkey && (
          <Button
            variant="default"
            size="md"
            leftSection={<IconFingerprint size={20} aria-hidden />}
            disabled={asking}
            onClick={() => void ask(async () => unlock({ passkey: await usePasskeyOnce(await kakeru.askPasskey()) }))}
          >
            {t("account.unlock_by_passkey")}
          </Button>
        )}
        {session.in_directory && <ByDirectory />}
      </form>
      {call ? (
        <section className={css.talk} aria-label={t("account.talk_goes_on")}>
          <span>
            {t("account.talk_goes_on")} <RunningClock since={call.answered_at ?? call.started_at} />
          </span>
          <Button color="red" leftSection={<IconPhoneOff size={18} aria-hidden />} onClick={() => void end.ask(() => kakeru.hangUp(call.id))}>
            {t("account.hang_up")}
          </Button>
          {end.failure && <Notice tone="bad">{end.failure}</Notice>}
        </section>
      ) : (
        <Button variant="subtle" color="gray" onClick={() => void leaveSession(client)}>
          {t("shell.sign_out")}
        </Button>
      )}
    </Door>
  );
}
