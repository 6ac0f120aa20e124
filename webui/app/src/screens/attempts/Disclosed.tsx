import { useTranslation } from "react-i18next";
import type { Attempt } from "../../api/types";
import { timeWithSeconds } from "../../format/time";
import { language } from "../../i18n";
import css from "./attempts.module.css";

/** Who was shown the debt in this call, and by what the person was known. */
export function Disclosed({ lines }: { lines: NonNullable<Attempt["disclosures"]> }) {
  const { t } = useTranslation();
  return (
    <ul className={css.disclosed}>
      {lines.map((line) => (
        <li key={line.at}>
          <span className="digits quiet">{timeWithSeconds(line.at, language())}</span> {line.by_name}{" "}
          {line.shown ? t("disclosed.shown", { by: line.confirmed.map((it) => t(`identity.by.${it}`)).join(" / ") }) : t("disclosed.hidden")}
        </li>
      ))}
    </ul>
  );
}
