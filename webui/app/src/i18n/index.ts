import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import en from "./en.json";
import ja from "./ja.json";

/** The languages of the panel. Japanese is what it was written for; English is for those who help. */
export type Language = "ja" | "en";

const stored = "kakeru-language";

function remembered(): Language {
  try {
    return localStorage.getItem(stored) === "en" ? "en" : "ja";
  } catch {
    return "ja";
  }
}

/** Changes the language everywhere at once and remembers it on this machine. */
export function speak(language: Language): void {
  document.documentElement.lang = language;
  try {
    localStorage.setItem(stored, language);
  } catch {
    // not remembered, which harms nobody
  }
  void i18next.changeLanguage(language);
}

/** Gets the language files ready. Both are small enough to come with the first load. */
export function initLanguages(): void {
  const language = remembered();
  document.documentElement.lang = language;
  void i18next.use(initReactI18next).init({
    resources: { ja: { translation: ja }, en: { translation: en } },
    lng: language,
    fallbackLng: "ja",
    interpolation: { escapeValue: false },
  });
}

/** The language in use now. */
export function language(): Language {
  return i18next.language === "en" ? "en" : "ja";
}
