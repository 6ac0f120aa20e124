import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { WardNotice } from "../../api/types";
import { dayAndTime } from "../../format/time";
import { yen as grouped } from "../../format/yen";
import { language } from "../../i18n";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { save } from "../../parts/save";
import { useProblemText } from "../../parts/useWords";
import css from "./targets.module.css";
import { nameOf } from "./words";

/** What the ward was told, the newest first. */
export function Notices({ notices }: { notices: WardNotice[] }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [failure, setFailure] = useState<unknown>(null);

  async function take(id: number) {
    setFailure(null);
    try {
      save(await kakeru.getNoticeFile(id), `notice-${id}.pdf`);
    } catch (error) {
      setFailure(error);
    }
  }

  return (
    <Panel title={t("targets.notices")}>
      {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
      {notices.length === 0 ? (
        <Empty title={t("targets.no_notices")} />
      ) : (
        <ul className={css.notices}>
          {notices.map((n) => (
            <li key={n.id} data-notice={n.id}>
              <div className={css.noticeHead}>
                <b>{nameOf(t, n.notice.standing)}</b>
                <span className="quiet">{t("targets.noticed", { n: n.id, at: dayAndTime(n.at, language()), name: n.by_name })}</span>
                <Button size="compact-sm" variant="default" leftSection={<IconDownload size={15} aria-hidden />} onClick={() => void take(n.id)}>
                  PDF
                </Button>
              </div>
              <p>
                {t("targets.noticed_figures", {
                  target: grouped(n.notice.standing.target), done: grouped(n.notice.standing.done),
                  low: grouped(n.notice.standing.forecast.low), high: grouped(n.notice.standing.forecast.high),
                })}
              </p>
              <p>
                {t("targets.notice_reason")}: {n.notice.reason}
              </p>
              <p>
                {t("targets.notice_remedy")}: {n.notice.remedy}
              </p>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
