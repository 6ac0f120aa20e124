import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Alert } from "../api/types";
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

/** Shows a new alert over any screen; those that were there before stand on the board. */
export function AlertToasts() {
  const { t } = useTranslation();
  const newest = useAlerts()[0];
  const shown = useRef(serverNow());
  useEffect(() => {
    const at = newest ? Date.parse(newest.at) : 0;
    if (!newest || at <= shown.current) return;
    shown.current = at;
    const good = newest.kind.endsWith("_back");
    notifications.show({
      title: good ? t("alert.back") : t("alert.title"),
      message: alertText(newest),
      color: good ? "green" : "red",
      closeButtonProps: { "aria-label": t("common.close") },
    });
  }, [newest, t]);
  return null;
}
