import { useTranslation } from "react-i18next";
import { useTrunks } from "../../api/hooks";
import { timeOfDay } from "../../format/time";
import { language } from "../../i18n";
import { TrunkChip, useTrunkTrouble } from "../../parts/TrunkChip";
import css from "./board.module.css";

/** The lines in one row; of one that cannot be used, what to do. */
export function Trunks() {
  const { t } = useTranslation();
  const trouble = useTrunkTrouble();
  const { data: trunks } = useTrunks();
  if (!trunks?.length) return null;
  return (
    <section className={css.trunks} aria-label={t("door.trunks")}>
      <h2>{t("door.trunks")}</h2>
      <ul>
        {trunks.map((trunk) => (
          <li key={trunk.name} data-trunk={trunk.name} data-state={trunk.state}>
            <span>{trunk.name}</span>
            <TrunkChip state={trunk.state} />
            {trunk.state !== "up" && <span className="digits quiet">{timeOfDay(trunk.since, language())}</span>}
            {trunk.last_error && <span className={css.trunkTrouble}>{trouble(trunk)}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
