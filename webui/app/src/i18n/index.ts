import i18next from "i18next";
import { initReactI18next } from "react-i18next";
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

/** Changes the language everywhere at once, as soon as its words are here, and remembers it on this machine. */
export async function speak(language: Language): Promise<void> {
  try {
    localStorage.setItem(stored, language);
  } catch {
    // not remembered, which harms nobody
  }
  await learn(language);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}

/** Gets the words ready. Japanese comes with the first load; English when somebody wants it. */
export async function initLanguages(): Promise<void> {
  const language = remembered();
  document.documentElement.lang = language;
  await i18next.use(initReactI18next).init({
    resources: { ja: { translation: ja } },
    lng: "ja",
    fallbackLng: "ja",
    interpolation: { escapeValue: false },
  });
  if (language !== "ja") await speak(language);
}

async function learn(language: Language): Promise<void> {
  if (language === "ja" || i18next.hasResourceBundle(language, "translation")) return;
  i18next.addResourceBundle(language, "translation", (await import("./en.json")).default);
}

/** The language in use now. */
export function language(): Language {
  return i18next.language === "en" ? "en" : "ja";
}
