import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../../api/problem";
import { language } from "../../i18n";
import { useProblemText } from "../../parts/useWords";

/** Asks the server for something, one at a time, and says why it did not come about. */
export function useAsk() {
  const { t } = useTranslation();
  const say = useProblemText();
  const [asking, setAsking] = useState(false);
  const [failure, setFailure] = useState("");
  async function ask(what: () => Promise<unknown>): Promise<void> {
    if (asking) return;
    setAsking(true);
    setFailure("");
    try {
      await what();
    } catch (error) {
      // Whoever says no to the browser's own question, or lets it run out, is told so; the rest is the server's answer.
      if (error instanceof DOMException) setFailure(t("account.passkey_refused"));
      else setFailure((error instanceof Problem && Object.values(error.fields(language()))[0]) || say(error));
    }
    setAsking(false);
  }
  return { asking, failure, ask };
}
