import { Button, PasswordInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { changePassword } from "../../api/session";
import type { Session } from "../../api/types";
import { Notice } from "../../parts/Notice";
import { useAsk } from "./useAsk";
import css from "./account.module.css";

/** Changes one's own password. All other sessions end. */
export function NewPassword({ lead, onDone }: { lead: string; onDone: (next: Session) => void }) {
  const { t } = useTranslation();
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [again, setAgain] = useState("");
  const { asking, failure, ask } = useAsk();
  const differs = again !== "" && again !== fresh;
  const shared = { visibilityToggleButtonProps: { "aria-label": t("sign_in.show_password") } };
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        void ask(async () => {
          onDone(await changePassword(old, fresh));
          setOld("");
          setFresh("");
          setAgain("");
        });
      }}
    >
      <p className={css.lead}>{lead}</p>
      <PasswordInput {...shared} label={t("account.old_password")} autoComplete="current-password" value={old} onChange={(e) => setOld(e.currentTarget.value)} />
      <PasswordInput
        {...shared}
        label={t("account.new_password")}
        description={t("account.password_hint")}
        autoComplete="new-password"
        value={fresh}
        onChange={(e) => setFresh(e.currentTarget.value)}
      />
      <PasswordInput
        {...shared}
        label={t("account.again")}
        autoComplete="new-password"
        value={again}
        error={differs ? t("account.differs") : undefined}
        onChange={(e) => setAgain(e.currentTarget.value)}
      />
      {failure && <Notice tone="bad">{failure}</Notice>}
      <Button type="submit" loading={asking} disabled={old === "" || fresh === "" || again !== fresh}>
        {t("account.change_password")}
      </Button>
    </form>
  );
}
