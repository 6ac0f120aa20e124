import { Button, Checkbox, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { Export } from "../../api/types";
import { dayAndTime, longDate } from "../../format/time";
import { yen as grouped } from "../../format/yen";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import css from "./close.module.css";
import { Files } from "./Files";

/** Records that go to the ward before the day's close: a button for the supervisor, and who wrote what when. */
export function Exports({ ended }: { ended: boolean }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const writes = useSession().user.role === "supervisor";
  const { data, error } = useQuery({ queryKey: keys.exports, queryFn: kakeru.getExports, refetchInterval: 30_000 });
  return (
    <section className={`${parts.panel} ${css.today}`} aria-labelledby="exports">
      <h2 id="exports" className={css.day}>
        {t("exports.title")}
      </h2>
      <p className="quiet">{t("exports.lead")}</p>
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {data && writes && !ended && <Write key={data.day} today={data.day} waiting={data.waiting} />}
      <h3 className={css.head}>{t("exports.list")}</h3>
      {data?.items.length === 0 && <Empty title={t("exports.none")} />}
      <ul className={css.exports}>
        {data?.items.map((e) => (
          <li key={e.id} data-export={e.day}>
            <span>
              <b>{longDate(e.day, language())}</b>{" "}
              <span className="quiet">{t("close.by", { name: e.by_name || t("exports.command"), at: dayAndTime(e.at, language()) })}</span> <Rows of={e} />
            </span>
            <Files files={e.files} take={(n) => kakeru.getExportFile(e.id, n)} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Rows({ of: e }: { of: Export }) {
  const { t } = useTranslation();
  const counts = [
    e.firsts > 0 && t("exports.firsts", { n: grouped(e.firsts) }),
    e.corrections > 0 && t("exports.corrections", { n: grouped(e.corrections) }),
    e.repeats > 0 && t("exports.repeats", { n: grouped(e.repeats) }),
  ];
  return <span className="digits">{counts.filter(Boolean).join(" / ")}</span>;
}

function Write({ today, waiting }: { today: string; waiting: number }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const [day, setDay] = useState(today);
  const [again, setAgain] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [replaced, setReplaced] = useState<string[] | null>(null);

  async function write() {
    setBusy(true);
    setFailure(null);
    setReplaced(null);
    try {
      setReplaced((await kakeru.exportRecords(day, again)).replaced ?? []);
      setAgain(false);
    } catch (error) {
      setFailure(error);
    }
    setBusy(false);
    await client.invalidateQueries({ queryKey: keys.exports });
  }

  return (
    <>
      <p data-waiting={waiting}>{t("exports.waiting", { count: waiting })}</p>
      {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
      {replaced?.length === 0 && <Notice tone="talk">{t("exports.done")}</Notice>}
      {replaced && replaced.length > 0 && (
        <Notice tone="wait">
          {t("exports.replaced")}
          {replaced.map((cell) => (
            <code key={cell} className={css.trouble}>
              {cell}
            </code>
          ))}
        </Notice>
      )}
      <TextInput type="date" label={t("exports.day")} value={day} max={today} onChange={(e) => setDay(e.currentTarget.value)} style={{ maxWidth: "12rem" }} />
      <Checkbox label={t("exports.again")} checked={again} onChange={(e) => setAgain(e.currentTarget.checked)} />
      <Button size="md" variant="default" className={css.button} loading={busy} disabled={!day} onClick={() => void write()}>
        {t("exports.button")}
      </Button>
    </>
  );
}
