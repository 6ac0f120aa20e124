import { useTranslation } from "react-i18next";
import { useHours, useLineUp } from "../../api/hooks";
import type { CasePage, Phone } from "../../api/types";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import { useLink } from "../../live/Live";
import type { MyDesk } from "./useDesk";

/**
 * Why nothing can be dialled now, in one sentence; empty when it can. A courtesy: the server decides, and its refusals
 * are shown as they come.
 */
export function useObstacle(mine: MyDesk, phone: Phone | undefined, page: CasePage | undefined): string {
  const { t } = useTranslation();
  const { state: link } = useLink();
  const { data: hours } = useHours();
  const lineUp = useLineUp();
  if (link !== "live") return t("obstacle.link");
  if (mine.phase === "ringing") return t("obstacle.ringing");
  if (mine.desk.registered === false) return t("obstacle.phone");
  if (mine.desk.in_use_elsewhere) return t("obstacle.phone_used");
  if (lineUp === false) return t("obstacle.line");
  if (hours && !hours.open && !hours.always_open) {
    return hours.next_open_at
      ? t("obstacle.hours", { at: dayAndTime(hours.next_open_at, language()) })
      : t("obstacle.closed");
  }
  if (!mine.desk.case_id) return t("obstacle.no_case");
  if (!page) return t("obstacle.loading");
  if (page.case.do_not_call) return t("obstacle.do_not_call");
  if (page.case.next.state === "held") return t("obstacle.held");
  if (!phone) return t("obstacle.no_number");
  if (page.history_check.needed && !page.history_check.at) return t("obstacle.history");
  return "";
}
