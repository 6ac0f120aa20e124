import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { Handoff } from "../../api/types";
import { dayAndTime, shortDate } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Chip, type Tone } from "../../parts/Chip";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import { HandoffDrawer } from "./HandoffDrawer";
import css from "./handoffs.module.css";

const tones: Record<Handoff["state"], Tone> = { open: "wait", acknowledged: "note", answered: "talk", returned: "still", withdrawn: "still" };

/** 引継ぎ: what was passed to the ward, what waits for it first; whoever may act opens one and does. */
export function HandoffsScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const [side, setSide] = useState<"waiting" | "all">("waiting");
  const [opened, setOpened] = useState<string | null>(null);
  const { data, error } = useQuery({ queryKey: keys.handoffs, queryFn: kakeru.getHandoffs, refetchInterval: 30_000 });
  const items = data?.filter((h) => side === "all" || h.state === "open" || h.state === "acknowledged");
  return (
    <div className={page.page}>
      <h1 className={page.title}>{t("door.handoffs")}</h1>
      <p className={page.lead}>{t("handoffs.lead")}</p>
      {error && <Notice tone="bad">{say(error)}</Notice>}
      <SegmentedControl
        style={{ alignSelf: "flex-start" }}
        aria-label={t("handoffs.which")}
        value={side}
        onChange={(v) => setSide(v as "waiting" | "all")}
        data={[
          { value: "waiting", label: t("handoffs.waiting") },
          { value: "all", label: t("handoffs.all") },
        ]}
      />
      <div className={`${parts.panel} ${page.tablePanel}`}>
        {items && items.length > 0 ? (
          <table className={parts.table}>
            <thead>
              <tr>
                <th>{t("handoffs.state")}</th>
                <th>{t("handoffs.kind")}</th>
                <th>{t("handoffs.due")}</th>
                <th>{t("handoffs.by")}</th>
                <th>{t("handoffs.at")}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((h) => (
                <tr key={h.id} data-handoff={h.id} data-state={h.state}>
                  <td>
                    <Chip tone={tones[h.state]}>{t(`handoff_state.${h.state}`)}</Chip>
                  </td>
                  <td>
                    <button type="button" className={css.opens} onClick={() => setOpened(h.id)}>
                      {t(`handoff_kind.${h.kind}`)}
                    </button>
                  </td>
                  <td className="digits nowrap">
                    {shortDate(h.due_on)} {h.overdue && <Chip tone="bad">{t("handoffs.overdue")}</Chip>}
                  </td>
                  <td className="nowrap">{h.by_name || t("handoffs.by_rule")}</td>
                  <td className="digits nowrap">{dayAndTime(h.at, language())}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : (
          data && <Empty title={t("handoffs.none")} />
        )}
      </div>
      <HandoffDrawer id={opened} onClose={() => setOpened(null)} />
    </div>
  );
}
