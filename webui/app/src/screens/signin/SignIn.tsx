import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { IconFlask, IconLogin2 } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { settle } from "../../api/owed";
import { inTime } from "../../i18n";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import { useProblemText } from "../../parts/useWords";
import { Preferences } from "../../shell/Preferences";
import { ByDirectory, directoryTrouble } from "./ByDirectory";
import css from "./signin.module.css";

const DemoGuide = lazy(() => inTime(() => import("../newcomer/DemoGuide")));
const Setup = lazy(() => inTime(() => import("../account/Setup")));

/** The door. */
export function SignIn() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const say = useProblemText();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [failure, setFailure] = useState<unknown>(null);
  const [asking, setAsking] = useState(false);
  const { data: demo } = useQuery({ queryKey: ["demo"], queryFn: kakeru.getDemo, retry: false, gcTime: 0 });
  const { data: setup } = useQuery({ queryKey: ["setup"], queryFn: kakeru.getSetup, retry: false, gcTime: 0 });

  const [trouble, setTrouble] = useState(directoryTrouble);

  const guided = demo?.logins.length ? demo.logins : null;

  async function enter(as = { login: login.trim(), password }) {
    if (asking) return;
    setAsking(true);
    setFailure(null);
    setTrouble(null);
    try {
      await settle();
      client.setQueryData(keys.session, await kakeru.signIn(as.login, as.password));
    } catch (error) {
      setFailure(error);
      setAsking(false);
    }
  }

  if (setup?.needed) {
    return (
      <Suspense>
        <Setup open={setup.open} />
      </Suspense>
    );
  }
  return (
    <div className={css.page}>
      <div className={css.tools}>
        <Preferences />
      </div>
      <main className={css.card} data-guided={guided !== null || undefined}>
        <div>
          <h1 className={css.brand}>
            <img src="/favicon.svg" alt="" width={40} height={40} />
            <span>
              Kakeru
              <small>{t("sign_in.what")}</small>
            </span>
          </h1>
          <form
            className={css.form}
            onSubmit={(event) => {
              event.preventDefault();
              void enter();
            }}
          >
            <TextInput
              label={t("sign_in.login")}
              size="md"
              autoFocus
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              value={login}
              onChange={(e) => setLogin(e.currentTarget.value)}
            />
            <PasswordInput
              label={t("sign_in.password")}
              size="md"
              autoComplete="current-password"
              value={password}
              visibilityToggleButtonProps={{ "aria-label": t("sign_in.show_password") }}
              onChange={(e) => setPassword(e.currentTarget.value)}
            />
            {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
            {trouble && <Notice tone="bad">{t(`sign_in.directory.${trouble}`)}</Notice>}
            <Button type="submit" size="md" fullWidth leftSection={<IconLogin2 size={20} aria-hidden />} loading={asking}>
              {t("sign_in.enter")}
            </Button>
            <ByDirectory />
          </form>
          {demo?.demo && !guided && (
            <aside className={css.demo} aria-label={t("sign_in.demo")}>
              <IconFlask size={20} aria-hidden />
              <p>
                <b>{t("sign_in.demo")}</b>
                {t("sign_in.demo_note")}
              </p>
            </aside>
          )}
        </div>
        {guided && (
          <Suspense>
            <DemoGuide logins={guided} entering={asking} onEnter={(who) => void enter(who)} />
          </Suspense>
        )}
      </main>
    </div>
  );
}
