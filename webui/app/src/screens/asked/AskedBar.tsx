import { ActionIcon, Button } from "@mantine/core";
import { IconBell, IconX } from "@tabler/icons-react";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { AskedFor } from "../../api/types";
import { dayAndTime, timeOfDay } from "../../format/time";
import { language } from "../../i18n";
import { useServerNow } from "../../live/clock";
import { Key } from "../../parts/Key";
import { useProblemText } from "../../parts/useWords";
import { noticeOf, useAskedNow, useCloseNotice } from "../desk/asked";
import { type MyDesk, useMyDesk } from "../desk/useDesk";
import css from "./asked.module.css";

/** Says quietly that a call that was asked for falls due, over any screen of whoever sits at a desk. It never dials. */
export default function AskedBar() {
  const mine = useMyDesk();
  return mine ? <Told mine={mine} /> : null;
}

function Told({ mine }: { mine: MyDesk }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const navigate = useNavigate();
  const close = useCloseNotice();
  const atDesk = useLocation({ select: (l) => l.pathname === "/desk" }); // the only screen where its key listens
  const [refusal, setRefusal] = useState<unknown>(null);
  const now = useServerNow(5_000);
  const [first, ...others] = useAskedNow(mine.desk);

  async function present(a: AskedFor) {
    setRefusal(null);
    try {
      await kakeru.presentNext(mine.desk.id, { case_id: a.case_id });
      await navigate({ to: "/desk" });
    } catch (error) {
      setRefusal(error);
    }
  }
  return (
    <div role="status">
      {first && (
        <div className={css.bar} data-asked={first.case_id}>
          <IconBell size={18} aria-hidden />
          <b>{t(Date.parse(first.at) <= now ? "asked.now" : "asked.soon", { at: clock(first.at, now) })}</b>
          <span className="quiet">{t(first.operator ? "asked.yours" : "asked.anyones")}</span>
          {others.length > 0 && <span className="quiet">{t("asked.more", { count: others.length })}</span>}
          {refusal !== null && <span>{say(refusal)}</span>}
          <Button
            size="compact-sm"
            variant="default"
            disabled={mine.phase !== "idle"}
            {...(atDesk && { rightSection: <Key name="O" />, "aria-keyshortcuts": "O" })}
            onClick={() => void present(first)}
          >
            {t("asked.present")}
          </Button>
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={t("asked.close")} onClick={() => close(noticeOf(first, now))}>
            <IconX size={16} aria-hidden />
          </ActionIcon>
        </div>
      )}
    </div>
  );
}

/** The time, with its day where that is not today. */
function clock(at: string, now: number): string {
  const sameDay = dayAndTime(at, "ja").split(" ")[0] === dayAndTime(new Date(now).toISOString(), "ja").split(" ")[0];
  return sameDay ? timeOfDay(at, language()) : dayAndTime(at, language());
}
