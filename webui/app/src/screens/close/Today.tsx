import { Button, Checkbox } from "@mantine/core";
import { type Query, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { Close, CloseState } from "../../api/types";
import { longDate } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import { Check } from "./Check";
import css from "./close.module.css";
import { useClosing } from "./useClosing";

/** What stands in the way of the day's close, the button, and how far a close has come. */
export function Today() {
  const { t } = useTranslation();
  const say = useProblemText();
  const { refusal, ask } = useClosing();
  const [sure, setSure] = useState(false);
  // Frames tell of most that changes; what waits in a spool, or an old close's trouble, no frame tells.
  const refetchInterval = (query: Query<CloseState>) => (query.state.data?.under_way ? 5_000 : 20_000);
  const { data: state, error } = useQuery({ queryKey: keys.closeState, queryFn: kakeru.getCloseState, refetchInterval });

  function act(request: () => Promise<unknown>) {
    setSure(false);
    void ask(request);
  }

  if (error) return <Notice tone="bad">{say(error)}</Notice>;
  if (!state) return null;
  return (
    <section className={`${parts.panel} ${css.today}`} aria-labelledby="close-today">
      <h2 id="close-today" className={css.day}>
        {state.closed ? t("close.today") : longDate(state.day, language())}
      </h2>
      {refusal !== null && <Notice tone="bad">{say(refusal)}</Notice>}
      {state.under_way ? (
        <UnderWay state={state} close={state.under_way} onGiveUp={(id) => act(() => kakeru.giveUpClose(id))} />
      ) : state.closed ? (
        <Notice tone="talk">{t("close.closed_today")}</Notice>
      ) : (
        <>
          <ul className={css.checks}>
            {state.checklist.map((item) => (
              <Check key={item.name} item={item} />
            ))}
          </ul>
          {state.open_now && <Notice tone="wait">{t("close.open_now")}</Notice>}
          <Notice tone="note">{t("close.what_happens")}</Notice>
          <Checkbox label={t("close.sure")} checked={sure} disabled={!state.ready} onChange={(e) => setSure(e.currentTarget.checked)} />
          <Button size="md" className={css.button} disabled={!state.ready || !sure} onClick={() => act(() => kakeru.closeDay(state.day))}>
            {t("close.button")}
          </Button>
        </>
      )}
    </section>
  );
}

const steps = ["begun", "written", "signed", "destroying", "closed"] as const;

function UnderWay({ state, close, onGiveUp }: { state: CloseState; close: Close; onGiveUp: (id: string) => void }) {
  const { t } = useTranslation();
  const at = steps.indexOf(close.step as (typeof steps)[number]);
  return (
    <>
      <ol className={css.steps} aria-label={t("close.steps")}>
        {steps.map((step, i) => (
          <li key={step} data-done={i <= at || undefined} aria-current={i === at ? "step" : undefined}>
            {t(`close_step.${step}`)}
          </li>
        ))}
      </ol>
      {state.stuck && (
        <Notice tone="bad">
          {t("close.stuck")}
          {state.trouble && <code className={css.trouble}>{state.trouble}</code>}
        </Notice>
      )}
      {(close.step !== "destroying" || close.foreign) && (
        <Button variant="default" className={css.button} onClick={() => onGiveUp(close.id)}>
          {t("close.give_up")}
        </Button>
      )}
    </>
  );
}
