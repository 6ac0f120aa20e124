import { useTranslation } from "react-i18next";
import { plainDate } from "../format/time";
import { yen } from "../format/yen";
import { language } from "../i18n";
import { Notice } from "./Notice";

/** What paid lists say was paid for a case since the ward last said what it owes: nobody is to be dunned who has paid. */
export function PaidLine({ paid }: { paid: { yen: number; newest: string } }) {
  const { t } = useTranslation();
  return (
    <Notice tone="note">
      <b>{t("case.paid", { yen: yen(paid.yen), day: plainDate(paid.newest, language()) })}</b> <span className="quiet">{t("case.paid_hint")}</span>
    </Notice>
  );
}
