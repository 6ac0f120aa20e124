import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { CasePage } from "../../api/types";

/** The way to those cases; who they are is read there. */
export function KinLinks({ kin }: { kin: CasePage["kin"] }) {
  const { t } = useTranslation();
  if (!kin || kin.length === 0) return null;
  return (
    <ul data-kin-links>
      {kin.map((k, i) => (
        <li key={k.case_id}>
          <Link to="/cases/$id" params={{ id: k.case_id }}>
            {t("kin.open", { n: i + 1 })}
          </Link>{" "}
          <span className="quiet">
            {k.same_number && t("kin.same_number")} {k.household && t("kin.household")}
          </span>
        </li>
      ))}
    </ul>
  );
}
