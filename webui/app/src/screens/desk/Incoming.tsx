import { IconPhoneIncoming } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useCaller, useDesks } from "../../api/hooks";
import { phoneNumber } from "../../format/phone";
import { inTime } from "../../i18n";
import { Notice } from "../../parts/Notice";
import { useProblemText } from "../../parts/useWords";
import css from "./desk.module.css";

const RungBefore = lazy(() => inTime(() => import("../inbound/RungBefore")));

/** A call that comes in, or is handed on: who it is, as far as that is known, and that the handset answers it. */
export function Incoming({ call }: { call: string }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const { data: desks } = useDesks();
  const { data: caller, error } = useCaller(call);
  const from = desks?.find((d) => d.id === caller?.from)?.name;
  return (
    <div data-incoming={call}>
      <div className={css.callRow}>
        <IconPhoneIncoming size={30} stroke={1.6} aria-hidden />
        <div className={css.callWords}>
          <div className={css.callState}>
            {t("incoming.title")}
            {from && <span className={css.handedOn}>{t("incoming.handed_on", { desk: from })}</span>}
          </div>
          <div className={css.callHint}>{t("incoming.answer")}</div>
        </div>
      </div>
      <dl className={css.caller} aria-live="polite">
        {!caller?.from && (
          <>
            <dt>{t("incoming.number")}</dt>
            <dd className={`digits ${css.callerNumber}`}>{caller ? (caller.number ? phoneNumber(caller.number) : t("incoming.withheld")) : error ? t("incoming.unknown_number") : t("incoming.asking")}</dd>
          </>
        )}
        {caller && (
          <>
            <dt>{t("incoming.case")}</dt>
            <dd className={css.callerCase}>
              {caller.cases[0]?.name || t("incoming.unnamed")}
              {caller.cases.length > 1 && <small> {t("incoming.others", { count: caller.cases.length - 1 })}</small>}
            </dd>
          </>
        )}
      </dl>
      <Suspense>
        <RungBefore call={call} />
      </Suspense>
      {error && <Notice tone="bad">{say(error)}</Notice>}
    </div>
  );
}
