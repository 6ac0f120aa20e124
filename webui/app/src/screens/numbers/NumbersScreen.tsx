import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { EnteredNumber, NumberSource } from "../../api/types";
import { phoneNumber } from "../../format/phone";
import { toLocalField } from "../../format/time";
import { keys } from "../../live/apply";
import { serverNow } from "../../live/clock";
import { Chip } from "../../parts/Chip";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import { Panel } from "../../parts/Panel";
import parts from "../../parts/parts.module.css";
import { inWords, useProblemText } from "../../parts/useWords";
import { EntryForm } from "./EntryForm";
import { MonthCounts } from "./MonthCounts";

/** 番号入力: numbers from documents, for the case and for the ward. */
export function NumbersScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const supervises = useSession().user.role === "supervisor";
  // Personal data: read anew each time, kept nowhere.
  const { data, error } = useQuery({ queryKey: keys.numbers, queryFn: kakeru.getNumbers, gcTime: 0 });
  return (
    <div className={page.page}>
      <div className={page.tools}>
        <h1 className={page.title} style={{ marginInlineEnd: "auto" }}>
          {t("door.numbers")}
        </h1>
        {data && (
          <b className="digits" role="status" aria-label={t("numbers.tally_region")} data-tally={data.tally.today}>
            {t("numbers.tally", data.tally)}
          </b>
        )}
      </div>
      <p className={page.lead}>{t("numbers.lead")}</p>
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {data && <EntryForm sources={data.sources} today={toLocalField(new Date(serverNow()).toISOString()).slice(0, 10)} />}
      {data && (
        <Panel title={t("numbers.list")}>
          {data.items.length === 0 ? <Empty title={t("numbers.none")} /> : <Entered items={data.items} sources={data.sources} />}
        </Panel>
      )}
      {supervises && <MonthCounts />}
    </div>
  );
}

function Entered({ items, sources }: { items: EnteredNumber[]; sources: NumberSource[] }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const [refusal, setRefusal] = useState<unknown>(null);
  async function takeBack(id: string) {
    setRefusal(null);
    await kakeru.takeNumberBack(id).catch(setRefusal);
    void client.invalidateQueries({ queryKey: keys.numbers });
    void client.invalidateQueries({ queryKey: keys.numberCounts });
  }
  return (
    <>
      {refusal !== null && <Notice tone="bad">{say(refusal)}</Notice>}
      <table className={parts.table}>
        <thead>
          <tr>
            <th>{t("numbers.at")}</th>
            <th>{t("numbers.ward_number")}</th>
            <th>{t("numbers.number")}</th>
            <th>{t("numbers.source")}</th>
            <th>{t("numbers.known")}</th>
            <th>
              <span className="visually-hidden">{t("numbers.take_back")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((n) => (
            <tr key={n.id} data-entered={n.id} data-taken-back={n.taken_back || undefined}>
              <td className="digits">{toLocalField(n.at).slice(11)}</td>
              <td className="digits">{n.ward_number}</td>
              <td className="digits nowrap">
                {n.taken_back ? <del>{phoneNumber(n.number)}</del> : phoneNumber(n.number)} <span className="quiet">{t(`kind.${n.kind}`)}</span>
              </td>
              <td>
                {inWords(sources.find((s) => s.key === n.source))} <span className="quiet digits">{n.document_on}</span>
              </td>
              <td>{n.seen !== "new" && <Chip tone="note">{t(`numbers.seen.${n.seen}`)}</Chip>}</td>
              <td style={{ textAlign: "end" }}>
                {n.taken_back ? (
                  <Chip tone="still">{t("numbers.taken_back")}</Chip>
                ) : (
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={t("numbers.take_back_of", { number: phoneNumber(n.number) })}
                    onClick={() => void takeBack(n.id)}
                  >
                    {t("numbers.take_back")}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
