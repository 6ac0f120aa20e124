import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useTrace } from "../../api/hooks";
import { Notice } from "../../parts/Notice";
import { useProblemText } from "../../parts/useWords";
import { rungs } from "./trace";
import css from "./trace.module.css";

/** The call's SIP messages as a ladder: desk phone, Kakeru, carrier. A click opens a message. */
export function Trace({ call }: { call: string }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const { data: messages, error } = useTrace(call);
  const [open, setOpen] = useState<number | null>(null);
  if (error) return <Notice tone="still">{say(error)}</Notice>;
  if (!messages) return null;
  if (messages.length === 0) return <p className="quiet">{t("trace.none")}</p>;
  return (
    <div className={css.trace} data-trace={call}>
      <div className={css.head} aria-hidden="true">
        <span />
        <span>{t("trace.desk")}</span>
        <span>{t("trace.us")}</span>
        <span>{t("trace.carrier")}</span>
      </div>
      <ol className={css.rungs}>
        {rungs(messages).map(({ after, arm, rightwards, message: m }, i) => (
          <li key={i} data-leg={m.leg}>
            <button type="button" className={css.rung} aria-expanded={open === i} onClick={() => setOpen(open === i ? null : i)}>
              <span className="digits quiet">{after}</span>
              <span className={arm === 1 ? css.right : css.left}>
                <span className={css.first}>{m.desk ? `${m.desk}: ${m.first}` : m.first}</span>
                <span className={rightwards ? css.rightwards : css.leftwards} role="img" aria-label={t(m.out ? "trace.sent" : "trace.received")} />
              </span>
            </button>
            {open === i && (
              <div className={css.message}>
                <p className="quiet">{`${m.from} → ${m.to} ${m.transport}`}</p>
                <pre>{m.text}</pre>
              </div>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}
