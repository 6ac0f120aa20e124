import { Button } from "@mantine/core";
import { IconDialpad } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { Call } from "../../api/types";
import { keepKeys } from "../../keys/keepKeys";
import { keypadKey, keypadKeys } from "../../keys/keypad";
import { Key } from "../../parts/Key";
import { Notice } from "../../parts/Notice";
import { useProblemText } from "../../parts/useWords";
import css from "./keypad.module.css";
import { pressOf, typingIn } from "./useDeskKeys";

/** Whether somebody is there to hear keys: a talk, or a machine that speaks before it answers. */
export function takesKeys(call: Call | null | undefined): call is Call {
  return call?.state === "talking" || (call?.state === "calling_customer" && !!call.early_media);
}

interface Props {
  call: Call;
  /** A window lies over the desk: the keys are its. */
  covered: boolean;
}

/** The telephone's keys, for a voice box or a switchboard. While it is open, typed digits go out. */
export function Keypad({ call, covered }: Props) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [open, setOpen] = useState(false);
  const [sent, setSent] = useState(0);
  const [refusal, setRefusal] = useState<unknown>(null);
  // One after the other: two requests at once may overtake each other.
  const last = useRef<Promise<unknown>>(Promise.resolve());

  function press(key: string) {
    last.current = last.current.then(() =>
      kakeru.sendDigits(call.id, key).then(() => {
        setRefusal(null);
        setSent((n) => n + 1);
      }, setRefusal),
    );
  }

  const latest = useRef({ open, covered, press });
  latest.current = { open, covered, press };
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const { open, covered, press } = latest.current;
      if (covered) return;
      const key = keypadKey(pressOf(event), open, typingIn(event.target));
      if (!key) return;
      event.preventDefault(); // so that it is not the desk's as well
      if (key === "open" || key === "close") setOpen(key === "open");
      else press(key);
    };
    addEventListener("keydown", listen, { capture: true });
    return () => removeEventListener("keydown", listen, { capture: true });
  }, []);

  return (
    <div className={css.keypad}>
      <Button
        variant="default"
        size="xs"
        onMouseDown={keepKeys}
        leftSection={<IconDialpad size={16} aria-hidden />}
        rightSection={<Key name={open ? "Esc" : "F4"} />}
        aria-expanded={open}
        aria-keyshortcuts={open ? "Escape" : "F4"}
        onClick={() => setOpen(!open)}
      >
        {t(open ? "keypad.close" : "keypad.open")}
      </Button>
      {open && (
        <fieldset className={css.keys} aria-label={t("keypad.open")}>
          {keypadKeys.map((key) => (
            <Button key={key} variant="default" size="sm" className="digits" onMouseDown={keepKeys} onClick={() => press(key)}>
              {key}
            </Button>
          ))}
        </fieldset>
      )}
      {open && (
        <div className="quiet" role="status">
          {sent > 0 ? t("keypad.sent", { count: sent }) : t("keypad.hint")}
        </div>
      )}
      {refusal !== null && <Notice tone="bad">{say(refusal)}</Notice>}
    </div>
  );
}
