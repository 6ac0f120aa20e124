import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem";
import type { Reason } from "../api/types";
import { language } from "../i18n";

/** Says what went wrong in the language in use: the server's own sentence, or that it could not be reached. */
export function useProblemText(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (!(error instanceof Problem)) return t("problem.unreachable");
    return error.say(language()) || t("problem.status", { status: error.status });
  };
}

/** A reason of the server's in the language in use. */
export function inWords(reason: Reason | null | undefined): string {
  return language() === "en" ? reason?.en || reason?.ja || "" : reason?.ja || "";
}
