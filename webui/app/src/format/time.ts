import type { Language } from "../i18n";
import { era } from "./era";

// Whatever clock zone the machine has: the centre works by Tokyo's.
const zone = "Asia/Tokyo";
const locale = (language: Language) => (language === "ja" ? (era() ? "ja-JP-u-ca-japanese" : "ja-JP") : "en-GB");
const formats = new Map<string, Intl.DateTimeFormat>();

function format(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale(language) + JSON.stringify(options);
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(locale(language), { timeZone: zone, ...options });
    formats.set(key, made);
  }
  return made;
}

/** Whether a time is given at all: Go's zero time means that it is not. */
export function isTime(at: string | null | undefined): at is string {
  return !!at && !at.startsWith("0001-");
}

/** "14:05" */
export function timeOfDay(at: string, language: Language): string {
  return format(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));
}

/** "14:05:09" */
export function timeWithSeconds(at: string, language: Language): string {
  return format(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(new Date(at));
}

/** "11/24(火) 14:05", or "Tue, 24 Nov, 14:05" */
export function dayAndTime(at: string, language: Language): string {
  return `${day(at, language)} ${timeOfDay(at, language)}`;
}

/** "11/24(火)" */
export function day(at: string, language: Language): string {
  const month = language === "ja" ? "numeric" : "short";
  return format(language, { month, day: "numeric", weekday: "short" }).format(new Date(at));
}

/** "2026年11月24日(火)" for a date without time, YYYY-MM-DD. */
export function longDate(date: string, language: Language): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return date;
  const month = language === "ja" ? "long" : "short";
  return format(language, { year: "numeric", month, day: "numeric", weekday: "short" }).format(tokyoNoon(date));
}

/** "1956年3月2日" for a date on which the day of the week says nothing. */
export function plainDate(date: string, language: Language): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return date;
  const month = language === "ja" ? "long" : "short";
  return format(language, { year: "numeric", month, day: "numeric" }).format(tokyoNoon(date));
}

/** "2026/11/24" for a date without time, or "R8/11/24" by the era. */
export function shortDate(date: string): string {
  if (!era() || !/^\d{4}-\d{2}-\d{2}$/.test(date)) return date.replaceAll("-", "/");
  return `${format("ja", { era: "narrow", year: "numeric" }).format(tokyoNoon(date)).replace("年", "").replace("元", "1")}/${date.slice(5).replace("-", "/")}`;
}

/** "2026年11月", "令和8年11月" or "November 2026" for a month, YYYY-MM. */
export function monthName(month: string, language: Language): string {
  return format(language, { year: "numeric", month: "long" }).format(tokyoNoon(`${month}-01`));
}

/** "2026年" or "令和8年", for the fiscal year that begins in April of a year. */
export function fiscalYearName(year: string, language: Language): string {
  return language === "ja" ? format(language, { year: "numeric" }).format(tokyoNoon(`${year}-04-01`)) : year;
}

/** A running clock's "0:07", "12:30", "1:02:03". Never negative: clocks differ a little. */
export function elapsed(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** Today in Tokyo as YYYY-MM-DD. */
export function tokyoDate(at: number): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(new Date(at));
}

/** The date so many days later. */
export function addDays(date: string, days: number): string {
  return new Date(tokyoNoon(date).getTime() + days * 86_400_000).toISOString().slice(0, 10);
}

/** The first weekday on or after the date so many days from now: what a promise is proposed for. */
export function weekdayAfter(at: number, days: number): string {
  let date = addDays(tokyoDate(at), days);
  while ([0, 6].includes(tokyoNoon(date).getUTCDay())) date = addDays(date, 1);
  return date;
}

/** What a field of type datetime-local holds ("2026-11-25T10:00"), read as Tokyo time, as RFC 3339. */
export function fromLocalField(value: string): string | null {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(value) ? `${value}:00+09:00` : null;
}

/** The other way: an instant as a field of type datetime-local shows it. */
export function toLocalField(at: string): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" })
    .format(new Date(at))
    .replace(" ", "T");
}

// Noon in Tokyo is the same calendar day in UTC, so no zone can move it.
function tokyoNoon(date: string): Date {
  return new Date(`${date}T12:00:00+09:00`);
}
