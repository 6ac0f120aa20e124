import type { TFunction } from "i18next";
import type { Standing } from "../../api/types";

/** What a standing is about: 電話催告(11月). */
export function nameOf(t: TFunction, s: Standing): string {
  const measure = t(`targets.measure.${s.measure}`);
  return s.kind === "year" ? t("targets.of_year", { measure, year: s.period }) : t("targets.of_month", { measure, month: Number(s.period.slice(5)) });
}
