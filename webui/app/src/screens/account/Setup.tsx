import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import { Door } from "./Door";
import { useAsk } from "./useAsk";
import css from "./account.module.css";

/** The first administrator, by the code that stands on the server's console. */
export default function Setup({ open }: { open: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [code, setCode] = useState("");
  const [login, setLogin] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { asking, failure, ask } = useAsk();
  if (!open) {
    return (
      <Door title={t("account.setup")}>
        <Notice tone="bad">{t("account.setup_over")}</Notice>
      </Door>
    );
  }
  return (
    <Door title={t("account.setup")}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          void ask(async () => client.setQueryData(keys.session, await kakeru.setUp({ code, login, name, password })));
        }}
      >
        <p className={css.lead}>{t("account.setup_lead")}</p>
        <TextInput label={t("account.setup_code")} autoFocus autoComplete="off" value={code} onChange={(e) => setCode(e.currentTarget.value)} />
        <TextInput label={t("sign_in.login")} autoCapitalize="none" autoComplete="username" value={login} onChange={(e) => setLogin(e.currentTarget.value)} />
        <TextInput label={t("users.name")} autoComplete="name" value={name} onChange={(e) => setName(e.currentTarget.value)} />
        <PasswordInput
          label={t("sign_in.password")}
          description={t("account.password_hint")}
          autoComplete="new-password"
          value={password}
          visibilityToggleButtonProps={{ "aria-label": t("sign_in.show_password") }}
          onChange={(e) => setPassword(e.currentTarget.value)}
        />
        {failure && <Notice tone="bad">{failure}</Notice>}
        <Button type="submit" loading={asking} disabled={!code || !login || !name || !password}>
          {t("account.setup_do")}
        </Button>
      </form>
    </Door>
  );
}
