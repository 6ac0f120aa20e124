import { useQueryClient } from "@tanstack/react-query";
import { IconClockExclamation } from "@tabler/icons-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../api/hooks";
import { timeOfDay } from "../format/time";
import { language } from "../i18n";
import { keys } from "../live/apply";
import { useServerNow } from "../live/clock";
import css from "./shell.module.css";

const warnBefore = 10 * 60_000; // milliseconds

/** Says before a session ends that it will, and that what is typed stays. A session that is used lives longer: so the server is asked first. */
export function ExpiryBar() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const ends = useSession().expires_at;
  const minute = Math.floor(useServerNow(5_000) / 60_000);
  const near = Date.parse(ends) - minute * 60_000 < warnBefore;
  useEffect(() => {
    if (near) void client.invalidateQueries({ queryKey: keys.session });
  }, [near, minute, client]);
  return (
    <div role="status">
      {near && (
        <div className={css.expiry} data-expiry>
          <IconClockExclamation size={20} aria-hidden />
          <span>{t("session.ends", { at: timeOfDay(ends, language()) })}</span>
        </div>
      )}
    </div>
  );
}
