import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { languageName } from "../../format/language";
import { plainDate } from "../../format/time";
import { yen as grouped } from "../../format/yen";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import parts from "../../parts/parts.module.css";
import { inWords, useProblemText } from "../../parts/useWords";

/** Which languages cases wait for, who speaks them on which day, what the operators speak, and what could not be met. */
export function Languages() {
  const { t } = useTranslation();
  const say = useProblemText();
  const { data, error } = useQuery({ queryKey: keys.languages, queryFn: kakeru.getLanguages, refetchInterval: 60_000 });
  if (error) return <Notice tone="bad">{say(error)}</Notice>;
  if (!data) return null;
  const names = (codes: string[]) => codes.map(languageName).join("、");
  return (
    <>
      <Panel title={t("languages.waiting")}>
        {data.waiting.length === 0 ? (
          <Empty title={t("languages.none_waiting")} />
        ) : (
          <table className={parts.table} data-languages="waiting">
            <thead>
              <tr>
                <th>{t("languages.language")}</th>
                <th className={parts.number}>{t("languages.cases")}</th>
                <th className={parts.number}>{t("languages.due")}</th>
                <th className={parts.number}>{t("languages.unspoken")}</th>
                <th>{t("languages.next")}</th>
              </tr>
            </thead>
            <tbody>
              {data.waiting.map((w) => (
                <tr key={w.language}>
                  <td>{inWords(w.name)}</td>
                  <td className={parts.number}>{grouped(w.cases)}</td>
                  <td className={parts.number}>{grouped(w.due)}</td>
                  <td className={parts.number}>{grouped(w.unspoken)}</td>
                  <td>{w.anyone ? t("languages.anyone") : w.today ? t("languages.today") : w.next ? plainDate(w.next, language()) : t("languages.no_day")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
      <Panel title={t("languages.days")}>
        {data.days.length === 0 ? (
          <Empty title={t("languages.no_days")} />
        ) : (
          <table className={parts.table} data-languages="days">
            <tbody>
              {data.days.map((d) => (
                <tr key={d.day}>
                  <td className="nowrap">{plainDate(d.day, language())}</td>
                  <td>{d.desks.map((k) => `${k.name}: ${names(k.languages)}`).join(" / ")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
      <Panel title={t("languages.people")}>
        <table className={parts.table} data-languages="people">
          <tbody>
            {data.people.map((p) => (
              <tr key={p.id}>
                <td>{p.name}</td>
                <td>{p.languages.length > 0 ? names(p.languages) : <span className="quiet">{t("languages.japanese_only")}</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <p className="quiet">{t("languages.people_hint")}</p>
      </Panel>
      <Panel title={t("languages.unmet")}>
        {data.unmet.length === 0 ? (
          <Empty title={t("languages.none_unmet")} />
        ) : (
          <table className={parts.table} data-languages="unmet">
            <thead>
              <tr>
                <th>{t("languages.month")}</th>
                <th>{t("languages.language")}</th>
                <th className={parts.number}>{t("languages.unmet_talks")}</th>
                <th className={parts.number}>{t("languages.unmet_cases")}</th>
              </tr>
            </thead>
            <tbody>
              {data.unmet.map((u) => (
                <tr key={u.month + u.language}>
                  <td>{u.month}</td>
                  <td>{inWords(u.name)}</td>
                  <td className={parts.number}>{grouped(u.talks)}</td>
                  <td className={parts.number}>{grouped(u.cases)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
    </>
  );
}
