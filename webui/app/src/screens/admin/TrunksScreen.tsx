import { useTranslation } from "react-i18next";
import { useTrunks } from "../../api/hooks";
import type { Trunk } from "../../api/types";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import type words from "../../i18n/ja.screens.json";
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
          <strong>{trunk.name}</strong>: {trouble(trunk)} <Meaning status={trunk.last_error.status} />
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
              <th>{t("trunk_past.title")}</th>
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
                <td>
                  <Past trunk={trunk} />
                </td>
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

// SIP statuses that have a sentence of their own; all others share one.
const known: Record<number, keyof (typeof words)["trunk_status"]> = {
  400: "400", 401: "401", 403: "403", 404: "404", 407: "407", 408: "408", 423: "423", 480: "480", 486: "486", 500: "500", 502: "502", 503: "503", 504: "504",
};

/** What the far end's answer means; nothing where there was none. */
function Meaning({ status }: { status: number | undefined }) {
  const { t } = useTranslation();
  if (!status) return null;
  return <span data-status={status}>{t(`trunk_status.${known[status] ?? "other"}`, { status })}</span>;
}

/** The last trouble that is over, or when the one began that is not. */
function Past({ trunk: { past, last_error, since } }: { trunk: Trunk }) {
  const { t } = useTranslation();
  if (last_error) return <span className="quiet">{t("trunk_past.since", { at: dayAndTime(since, language()) })}</span>;
  if (!past) return <span className="quiet">{t("trunk_past.none")}</span>;
  return (
    <div data-past={past.kind}>
      <div>{language() === "en" ? past.text_en : past.text}</div>
      {past.status && (
        <div>
          <Meaning status={past.status} />
        </div>
      )}
      <div className="quiet digits">{t("trunk_past.when", { from: dayAndTime(past.from, language()), until: dayAndTime(past.until, language()) })}</div>
    </div>
  );
}
