import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { timeOfDay } from "../../format/time";
import { language } from "../../i18n";
import { alertText, useAlerts } from "../../shell/AlertToasts";
import css from "./board.module.css";

/** What needs somebody, newest first. An empty list says so: silence should be visible too. */
export function Alerts() {
  const { t } = useTranslation();
  const alerts = useAlerts();
  return (
    <section className={css.alerts} aria-label={t("alert.list")}>
      <h2>{t("alert.list")}</h2>
      {alerts.length === 0 ? (
        <p className={css.calm}>
          <IconCircleCheck size={18} aria-hidden /> {t("alert.none")}
        </p>
      ) : (
        <ol className={css.alertList} tabIndex={0}>
          {alerts.map((alert, i) => (
            <li key={alert.at + alert.kind + i} data-good={alert.kind.endsWith("_back") || undefined}>
              {alert.kind.endsWith("_back") ? <IconCircleCheck size={16} aria-hidden /> : <IconAlertTriangle size={16} aria-hidden />}
              <span>
                <span className="digits">{timeOfDay(alert.at, language())} </span>
                {alertText(alert)}
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
