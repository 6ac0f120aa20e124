import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Alert } from "../api/types";
import { isTime } from "../format/time";
import { language } from "../i18n";
import { keys } from "../live/apply";
import { serverNow } from "../live/clock";

/** The alerts, as frames bring them. */
export function useAlerts(): Alert[] {
  return useQuery<Alert[]>({ queryKey: keys.alerts, queryFn: () => [], enabled: false }).data ?? [];
}

/** An alert's sentence in the language in use. */
export function alertText(alert: Alert): string {
  return language() === "en" ? alert.text_en || alert.text : alert.text;
}

/** Whether an alert's condition is over. */
export function isOver(alert: Alert): boolean {
  return isTime(alert.ended_at) || alert.kind.endsWith("_back");
}

/** Shows a new alert over any screen, and that one is over; those that were there before stand on the board. */
export function AlertToasts() {
  const { t } = useTranslation();
  const alerts = useAlerts();
  const since = useRef(serverNow());
  const told = useRef(new Set<string>());
  useEffect(() => {
    for (const alert of alerts) {
      const over = isOver(alert);
      const name = `${alert.kind} ${alert.at} ${over}`;
      const at = Date.parse(isTime(alert.ended_at) ? alert.ended_at! : alert.at);
      // What somebody has acknowledged already needs nobody any more; what began before this page did stands on the board.
      if (told.current.has(name) || at <= since.current || (isTime(alert.acknowledged_at) && !over)) continue;
      told.current.add(name);
      const end = language() === "en" ? alert.end_text_en : alert.end_text;
      notifications.show({
        title: over ? t("alert.back") : t("alert.title"),
        message: over && end ? end : alertText(alert),
        color: over ? "green" : "red",
        closeButtonProps: { "aria-label": t("common.close") },
      });
    }
  }, [alerts, t]);
  return null;
}
