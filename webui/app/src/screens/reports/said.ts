import { language } from "../../i18n";

/** A report's own words, which come from the server in both languages. */
export const said = (words: { ja: string; en: string }) => (language() === "en" ? words.en : words.ja);
