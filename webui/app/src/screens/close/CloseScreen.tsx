import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import { longDate } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import css from "./close.module.css";
import { CloseRecord } from "./CloseRecord";
import { ContractEnd } from "./ContractEnd";
import { Exports } from "./Exports";
import { Files } from "./Files";
import { Today } from "./Today";

/** 終業返却: the day's close for the supervisor, and what went back each day for the supervisor and the ward. */
export function CloseScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const supervises = useSession().user.role === "supervisor";
  const { data, error } = useQuery({ queryKey: keys.closes, queryFn: kakeru.getCloses });
  const end = data?.find((close) => close.final && close.step === "closed");
  const newest = data?.[0];
  const mayEnd = data !== undefined && (!newest || newest.step === "given_up" || (newest.step === "closed" && !newest.final));
  return (
    <div className={page.page}>
      <h1 className={page.title}>{t("door.close")}</h1>
      <p className={page.lead}>{t("close.lead")}</p>
      {end && (
        <section className={`${parts.panel} ${css.today}`} data-ended={end.day}>
          <h2 className={css.day}>{t("contract_end.over")}</h2>
          <p className="quiet">{t("contract_end.over_text", { day: longDate(end.day, language()) })}</p>
          <Files files={end.files} take={(n) => kakeru.getCloseFile(end.id, n)} />
        </section>
      )}
      {supervises && !end && <Today />}
      <Exports ended={end !== undefined} />
      {error && <Notice tone="bad">{say(error)}</Notice>}
      <h2 className={page.title}>{t("close.earlier")}</h2>
      {data?.length === 0 && <Empty title={t("close.none")} />}
      {data?.map((close) => <CloseRecord key={close.id} close={close} />)}
      {supervises && mayEnd && <ContractEnd />}
    </div>
  );
}
