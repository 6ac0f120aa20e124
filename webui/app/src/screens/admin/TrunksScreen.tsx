import { useTranslation } from "react-i18next";
import { useTrunks } from "../../api/hooks";
import type { Trunk } from "../../api/types";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import { Chip } from "../../parts/Chip";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { TrunkChip, useTrunkTrouble } from "../../parts/TrunkChip";

/** The lines to the telephone network, live: which can be used, and what to do about one that cannot. */
export function TrunksScreen() {
  const { t } = useTranslation();
  const trouble = useTrunkTrouble();
  const { data: trunks } = useTrunks();
  if (trunks?.length === 0) return <Empty title={t("trunks.none")} />;
  return (
    <div className={page.page}>
      <h1 className={page.title}>{t("door.trunks")}</h1>
      {(trunks ?? []).map((trunk) => trunk.last_error && (
        <Notice key={trunk.name} tone="bad">
          <strong>{trunk.name}</strong>: {trouble(trunk)}
        </Notice>
      ))}
      <div className={`${parts.panel} ${page.tablePanel}`}>
        <table className={parts.table}>
          <thead>
            <tr>
              <th>{t("trunks.name")}</th>
              <th>{t("trunks.state")}</th>
              <th>{t("trunks.kind")}</th>
              <th>{t("trunks.registration")}</th>
              <th>{t("trunks.addresses")}</th>
              <th>{t("trunks.since")}</th>
            </tr>
          </thead>
          <tbody>
            {(trunks ?? []).map((trunk) => (
              <tr key={trunk.name} data-trunk={trunk.name} data-state={trunk.state}>
                <td>
                  {trunk.name} {trunk.lab && <Chip tone="note">{t("trunks.lab")}</Chip>}
                </td>
                <td>
                  <TrunkChip state={trunk.state} />
                </td>
                <td>{t(`trunk_kind.${trunk.kind}`)}</td>
                <td>{t(registrationOf(trunk))}</td>
                <td>
                  {trunk.addresses.map(({ address, state }) => (
                    <div key={address}>
                      <code>{address}</code> <span className="quiet">{t(`trunk_address.${state}`)}</span>
                    </div>
                  ))}
                </td>
                <td className="digits">{dayAndTime(trunk.since, language())}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="quiet">{t("trunks.order")}</p>
    </div>
  );
}

function registrationOf({ registered }: Trunk) {
  if (registered === null) return "trunks.not_needed";
  return registered ? "trunks.registered" : "trunks.unregistered";
}
