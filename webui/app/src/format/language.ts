import { language } from "../i18n";

/** A language's name in the language of the screen. */
export function languageName(code: string): string {
  return new Intl.DisplayNames([language()], { type: "language" }).of(code) ?? code;
}
