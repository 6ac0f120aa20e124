import { Button, Drawer, Textarea } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { HandoffAct, HandoffWhole } from "../../api/types";
import { phoneNumber } from "../../format/phone";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import { useProblemText } from "../../parts/useWords";
import css from "./handoffs.module.css";

// What can be done with a hand-off as it stands, by whom: the server's table, for the buttons that are shown.
const acts: { from: HandoffWhole["state"]; act: HandoffAct; who: string[] }[] = [
  { from: "open", act: "acknowledge", who: ["supervisor", "ward"] },
  { from: "open", act: "answer", who: ["supervisor", "ward"] },
  { from: "open", act: "add", who: ["operator", "supervisor"] },
  { from: "open", act: "withdraw", who: ["operator", "supervisor"] },
  { from: "acknowledged", act: "answer", who: ["supervisor", "ward"] },
  { from: "acknowledged", act: "add", who: ["operator", "supervisor"] },
  { from: "answered", act: "reopen", who: ["supervisor", "ward"] },
  { from: "withdrawn", act: "reopen", who: ["operator", "supervisor"] },
];

/** One hand-off whole: whom it is about, what was said, and what may be done now. That it was read is written down. */
export function HandoffDrawer({ id, onClose }: { id: string | null; onClose: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const { role } = useSession().user;
  const [text, setText] = useState("");
  const [refusal, setRefusal] = useState<unknown>(null);
  const { data, error } = useQuery({ queryKey: [...keys.handoffs, id], queryFn: () => kakeru.getHandoff(id!), enabled: !!id, gcTime: 0 });

  async function act(what: HandoffAct) {
    setRefusal(null);
    try {
      await kakeru.moveHandoff(id!, what, text.trim());
      setText((now) => (now === text ? "" : now)); // what was typed meanwhile was not sent
    } catch (failure) {
      setRefusal(failure);
    }
    await client.invalidateQueries({ queryKey: keys.handoffs });
  }

  return (
    <Drawer
      opened={id !== null}
      onClose={onClose}
      position="right"
      size="lg"
      title={data ? t(`handoff_kind.${data.kind}`) : ""}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {data && (
        <div className={css.whole}>
          {data.gone ? (
            <Notice tone="note">{t("handoffs.gone")}</Notice>
          ) : (
            <dl className={css.about}>
              <dt>{t("case.ward_number")}</dt>
              <dd className="digits">{data.ward_number}</dd>
              <dt>{t("case.name")}</dt>
              <dd>{data.name}</dd>
              {data.number && (
                <>
                  <dt>{t("handoffs.number")}</dt>
                  <dd className="digits">{phoneNumber(data.number)}</dd>
                </>
              )}
            </dl>
          )}
          <ol className={css.events}>
            {data.events.map((e) => (
              <li key={e.at + e.act}>
                <span className="quiet">
                  {dayAndTime(e.at, language())} {e.by_name || t("handoffs.by_rule")} {t(`handoff_done.${e.act}`)}
                </span>
                {e.text && <p>{e.text}</p>}
              </li>
            ))}
          </ol>
          {refusal !== null && <Notice tone="bad">{say(refusal)}</Notice>}
          <Textarea label={t("handoffs.text")} autosize minRows={2} maxLength={4000} value={text} onChange={(e) => setText(e.currentTarget.value)} />
          <div className={css.acts}>
            {acts
              .filter((a) => a.from === data.state && a.who.includes(role))
              .map(({ act: what }) => (
                <Button
                  key={what}
                  variant={what === "answer" ? "filled" : "default"}
                  disabled={what !== "acknowledge" && text.trim() === ""}
                  onClick={() => void act(what)}
                >
                  {t(`handoff_act.${what}`)}
                </Button>
              ))}
          </div>
        </div>
      )}
    </Drawer>
  );
}
