import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import { keys } from "../../live/apply";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import { useProblemText } from "../../parts/useWords";
import { CloseRecord } from "./CloseRecord";
import { Exports } from "./Exports";
import { Today } from "./Today";

/** 終業返却: the day's close for the supervisor, and what went back each day for the supervisor and the ward. */
export function CloseScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const supervises = useSession().user.role === "supervisor";
  const { data, error } = useQuery({ queryKey: keys.closes, queryFn: kakeru.getCloses });
  return (
    <div className={page.page}>
      <h1 className={page.title}>{t("door.close")}</h1>
      <p className={page.lead}>{t("close.lead")}</p>
      {supervises && <Today />}
      <Exports />
      {error && <Notice tone="bad">{say(error)}</Notice>}
      <h2 className={page.title}>{t("close.earlier")}</h2>
      {data?.length === 0 && <Empty title={t("close.none")} />}
      {data?.map((close) => <CloseRecord key={close.id} close={close} />)}
    </div>
  );
}
