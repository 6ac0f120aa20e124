import { Button, TextInput } from "@mantine/core";
import { IconCopy, IconFingerprint, IconQrcode } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { Session } from "../../api/types";
import { Notice } from "../../parts/Notice";
import { useAsk } from "./useAsk";
import { makePasskey } from "./webauthn";
import css from "./account.module.css";

interface Props {
  /** Gives what is asked once more; absent while signing in. */
  prove?: () => Promise<kakeru.Proof>;
  onDone: (codes: string[], next: Session) => void;
}

type Begun = Awaited<ReturnType<typeof kakeru.beginTOTP>>;

/** Adds one-time passwords of an app: the picture, then the first code of it. */
export function AddTOTP({ prove, onDone }: Props) {
  const { t } = useTranslation();
  const [begun, setBegun] = useState<Begun | null>(null);
  const [code, setCode] = useState("");
  const { asking, failure, ask } = useAsk();
  if (!begun) {
    return (
      <>
        <Button
          leftSection={<IconQrcode size={20} aria-hidden />}
          loading={asking}
          onClick={() => void ask(async () => setBegun(await kakeru.beginTOTP(await prove?.())))}
        >
          {t("account.add_totp")}
        </Button>
        {failure && <Notice tone="bad">{failure}</Notice>}
      </>
    );
  }
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        void ask(async () => {
          const { recovery_codes, session } = await kakeru.confirmTOTP(code);
          onDone(recovery_codes, session);
        });
      }}
    >
      <p className={css.lead}>{t("account.scan")}</p>
      <img className={css.qr} src={`data:image/png;base64,${begun.qr}`} alt={t("account.qr")} />
      <div className={css.secret}>
        {t("account.by_hand")} <code>{begun.secret}</code>
      </div>
      <TextInput
        label={t("account.code")}
        size="md"
        autoFocus
        inputMode="numeric"
        autoComplete="one-time-code"
        value={code}
        onChange={(e) => setCode(e.currentTarget.value)}
      />
      {failure && <Notice tone="bad">{failure}</Notice>}
      <Button type="submit" loading={asking} disabled={code.trim() === ""}>
        {t("account.confirm")}
      </Button>
    </form>
  );
}

/** Adds a passkey of this device. */
export function AddPasskey({ prove, onDone }: Props) {
  const { t } = useTranslation();
  const [name, setName] = useState(t("account.this_device"));
  const { asking, failure, ask } = useAsk();
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        void ask(async () => {
          const made = await makePasskey(await kakeru.beginPasskey(await prove?.()));
          const { recovery_codes, session } = await kakeru.confirmPasskey(name.trim(), made);
          onDone(recovery_codes, session);
        });
      }}
    >
      <TextInput label={t("account.passkey_name")} maxLength={60} value={name} onChange={(e) => setName(e.currentTarget.value)} />
      <Button type="submit" variant="default" leftSection={<IconFingerprint size={20} aria-hidden />} loading={asking} disabled={name.trim() === ""}>
        {t("account.add_passkey")}
      </Button>
      {failure && <Notice tone="bad">{failure}</Notice>}
    </form>
  );
}

/** The recovery codes, this once. */
export function Codes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  return (
    <>
      <p className={css.lead}>{t("account.codes_lead")}</p>
      <ul className={css.codes}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <Button
        variant="default"
        leftSection={<IconCopy size={18} aria-hidden />}
        onClick={() => void navigator.clipboard?.writeText(codes.join("\n")).then(() => setCopied(true))}
      >
        {t(copied ? "account.copied" : "account.copy")}
      </Button>
      <Button onClick={onDone}>{t("account.codes_kept")}</Button>
    </>
  );
}
