import { Button, Drawer, SegmentedControl } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { dayAndTime, isTime } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import { alertText } from "../../shell/AlertToasts";

const states = ["", "unseen", "standing", "done"] as const;

/** Every alert there was: when, until when, and who saw it. */
export default function AlertHistory({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [state, setState] = useState<(typeof states)[number]>("");
  const { data, error, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: [...keys.alertHistory, state],
    queryFn: ({ pageParam }) => kakeru.getAlerts(state, pageParam),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor || undefined,
  });
  const items = data?.pages.flatMap((p) => p.items);
  return (
    <Drawer opened onClose={onClose} size="xl" position="right" title={t("alerts.history")} closeButtonProps={{ "aria-label": t("common.close") }}>
      <SegmentedControl
        aria-label={t("alerts.which")}
        value={state}
        onChange={(v) => setState(v as (typeof states)[number])}
        data={states.map((s) => ({ value: s, label: t(`alerts.state.${s || "all"}`) }))}
      />
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {items && items.length === 0 && <Empty title={t("alerts.none_such")} />}
      {items && items.length > 0 && (
        <table className={parts.table} data-alert-history>
          <thead>
            <tr>
              <th>{t("alerts.at")}</th>
              <th>{t("alerts.what")}</th>
              <th>{t("alerts.until")}</th>
              <th>{t("alerts.seen")}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((a) => (
              <tr key={a.id}>
                <td className="digits nowrap">{dayAndTime(isTime(a.since) ? a.since! : a.at, language())}</td>
                <td>{alertText(a)}</td>
                <td className="digits nowrap">{isTime(a.ended_at) ? dayAndTime(a.ended_at!, language()) : a.lasts ? t("alerts.lasts") : ""}</td>
                <td>
                  {isTime(a.acknowledged_at) ? (
                    <>
                      {a.acknowledged_by_name} <span className="digits quiet">{dayAndTime(a.acknowledged_at!, language())}</span>
                      {a.note && <div>{a.note}</div>}
                    </>
                  ) : (
                    t("alerts.nobody")
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {hasNextPage && (
        <Button variant="default" mt="sm" onClick={() => void fetchNextPage()}>
          {t("alerts.more")}
        </Button>
      )}
    </Drawer>
  );
}
