import { useTranslation } from "react-i18next";
import type { CasePage } from "../api/types";
import { Notice } from "./Notice";

/** How many other cases have the same number, or address and surname: whoever answers may be of the same household. */
export function KinLine({ kin }: { kin: CasePage["kin"] }) {
  const { t } = useTranslation();
  const number = (kin ?? []).filter((k) => k.same_number).length;
  const household = (kin ?? []).filter((k) => k.household).length;
  if (number + household === 0) return null;
  return (
    <Notice tone="note">
      <span data-kin>
        {number > 0 && t("case.kin_number", { count: number })} {household > 0 && t("case.kin_household", { count: household })}
      </span>
    </Notice>
  );
}
