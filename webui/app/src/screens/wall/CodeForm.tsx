import { Button, TextInput } from "@mantine/core";
import { IconDeviceTv } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { Wall } from "../../api/types";
import { Notice } from "../../parts/Notice";
import { useProblemText } from "../../parts/useWords";
import { Preferences } from "../../shell/Preferences";
import css from "../signin/signin.module.css";

/** The code that a link brings: behind the #, which no browser sends to anybody. It is taken out of the address at once. */
function codeOfLink(): string {
  const code = decodeURIComponent(location.hash.slice(1));
  if (code) history.replaceState(null, "", location.pathname);
  return code;
}

/** Asks for the code that lets the screen in. It is put in once. */
export function CodeForm({ ended, onOpen }: { ended: boolean; onOpen: (wall: Wall) => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [code, setCode] = useState("");
  const [failure, setFailure] = useState<unknown>(null);
  const [asking, setAsking] = useState(false);

  async function enter(given: string) {
    if (!given.trim()) return;
    setAsking(true);
    setFailure(null);
    try {
      onOpen(await kakeru.openWall(given.trim()));
    } catch (error) {
      setFailure(error);
      setAsking(false);
    }
  }
  useEffect(() => {
    const follow = () => {
      const linked = codeOfLink();
      if (linked) void enter(linked);
    };
    follow();
    addEventListener("hashchange", follow); // the link is opened where the form stands already
    return () => removeEventListener("hashchange", follow);
  }, []);

  return (
    <div className={css.page}>
      <div className={css.tools}>
        <Preferences />
      </div>
      <main className={css.card}>
        <h1 className={css.brand}>
          <img src="/favicon.svg" alt="" width={40} height={40} />
          <span>
            Kakeru
            <small>{t("wall.title")}</small>
          </span>
        </h1>
        <form
          className={css.form}
          onSubmit={(event) => {
            event.preventDefault();
            void enter(code);
          }}
        >
          {ended && <Notice tone="wait">{t("wall.ended")}</Notice>}
          <p className="quiet">{t("wall.code_lead")}</p>
          <TextInput
            label={t("wall.code")}
            placeholder="XXXX-XXXX-XXXX-XXXX"
            size="lg"
            autoFocus
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            value={code}
            onChange={(e) => setCode(e.currentTarget.value)}
          />
          {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
          <Button type="submit" size="md" fullWidth leftSection={<IconDeviceTv size={20} aria-hidden />} loading={asking}>
            {t("wall.show")}
          </Button>
        </form>
      </main>
    </div>
  );
}
