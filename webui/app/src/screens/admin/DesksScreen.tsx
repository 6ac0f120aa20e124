import { useTranslation } from "react-i18next";
import { useDesks } from "../../api/hooks";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import { Chip } from "../../parts/Chip";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { PhoneChip } from "../desk/SeatPicker";

/** Desks and their phones, live, for who looks after them. */
export function DesksScreen() {
  const { t } = useTranslation();
  const { data: desks } = useDesks();
  const gone = (desks ?? []).filter((d) => d.registered === false);
  return (
    <div className={page.page}>
      <h1 className={page.title}>{t("door.desks")}</h1>
      {gone.length > 0 && <Notice tone="bad">{t("desks.gone_hint")}</Notice>}
      <div className={`${parts.panel} ${page.tablePanel}`}>
        <table className={parts.table}>
          <thead>
            <tr>
              <th>{t("attempt.desk")}</th>
              <th>{t("desks.id")}</th>
              <th>{t("desks.phone")}</th>
              <th>{t("desks.state")}</th>
              <th>{t("attempt.operator")}</th>
              <th>{t("desks.since")}</th>
            </tr>
          </thead>
          <tbody>
            {(desks ?? []).map((d) => (
              <tr key={d.id}>
                <td>{d.name}</td>
                <td>
                  <code>{d.id}</code>
                </td>
                <td>
                  <PhoneChip desk={d} />
                </td>
                <td>
                  <Chip tone={d.state === "in_call" ? "talk" : d.state === "empty" ? "still" : "note"}>
                    {t(`desk_state.${d.state}`)}
                  </Chip>
                </td>
                <td>{d.operator_name}</td>
                <td className="digits">{dayAndTime(d.since, language())}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
