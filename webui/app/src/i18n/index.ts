import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import ja from "./ja.json";

/** The languages that the panel has whole. Japanese is what it was written for; English is for those who help. */
export type Language = "ja" | "en";

/** Those that can be chosen. In Chinese and Vietnamese stand the results and the parties, for operators who talk in them; the rest is Japanese. */
export const spoken = ["ja", "en", "zh", "vi"] as const;
export type Spoken = (typeof spoken)[number];

const stored = "kakeru-language";

function remembered(): Spoken {
  try {
    return spoken.find((l) => l === localStorage.getItem(stored)) ?? "ja";
  } catch {
    return "ja";
  }
}

/** Changes the language everywhere at once, as soon as its words are here, and remembers it on this machine. */
export async function speak(language: Spoken): Promise<void> {
  try {
    localStorage.setItem(stored, language);
  } catch {
    // not remembered, which harms nobody
  }
  await learn(language);
  document.documentElement.lang = language === "en" ? "en" : "ja"; // what most of the page is in
  await i18next.changeLanguage(language);
}

/** Gets the words ready. Japanese comes with the first load, but for its screens' words; English when somebody wants it. */
export async function initLanguages(): Promise<void> {
  const language = remembered();
  await i18next.use(initReactI18next).init({
    resources: { ja: { translation: ja } },
    lng: "ja",
    fallbackLng: "ja",
    interpolation: { escapeValue: false },
  });
  if (language !== "ja") await speak(language);
}

// The desk's words come with the first load. Those of the screens that are loaded when they are asked for come with them: the
// first load is small, and there is one bundle of words all the same.
let screensAsked = false;

/** A screen that is loaded when it is asked for, together with the words of such screens. */
export async function withWords<T>(load: () => Promise<T>): Promise<T> {
  screensAsked = true;
  const [screen] = await Promise.all([load(), learn("ja"), learn(language())]);
  return screen;
}

/** A part of a screen, as withWords. While the server is away it is asked for again and again: the screen, and a call on it, stay. */
export async function inTime<T>(load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await withWords(load);
    } catch {
      await new Promise((later) => setTimeout(later, 2_000));
    }
  }
}

type Bundle = Exclude<Spoken, "ja"> | `${Language}.screens`;

const bundles: Record<Bundle, () => Promise<{ default: object }>> = {
  en: () => import("./en.json"),
  zh: () => import("./zh.json"),
  vi: () => import("./vi.json"),
  "ja.screens": () => import("./ja.screens.json"),
  "en.screens": () => import("./en.screens.json"),
};
const learnt = new Map<Bundle, Promise<void>>();

async function learn(language: Spoken): Promise<void> {
  const whole = language === "en" ? "en" : "ja";
  const words: Promise<void>[] = [];
  if (language !== "ja") words.push(once(language, language));
  if (screensAsked) words.push(once(whole, `${whole}.screens`));
  await Promise.all(words);
}

function once(language: Spoken, bundle: Bundle): Promise<void> {
  let learning = learnt.get(bundle);
  if (!learning) {
    learning = bundles[bundle]().then((words) => void i18next.addResourceBundle(language, "translation", words.default, true));
    learnt.set(bundle, learning);
    learning.catch(() => learnt.delete(bundle)); // not to be had now: it is asked for again the next time
  }
  return learning;
}

/** The language in use now, for dates and what the server says in two. */
export function language(): Language {
  return i18next.language === "en" ? "en" : "ja";
}
