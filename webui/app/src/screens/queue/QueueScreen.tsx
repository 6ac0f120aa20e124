import { SegmentedControl } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { CaseBrief, Queue } from "../../api/types";
import { dayAndTime, isTime } from "../../format/time";
import { yen } from "../../format/yen";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { inWords, useProblemText } from "../../parts/useWords";
import { Languages } from "./Languages";
import { Line } from "./Line";
import { OrderForm } from "./OrderForm";

// How many cases are read at first, and once somebody looks for more: who was listed is written down, and most look at the head only.
const first = 100;
const most = 1000;

/** The line: who comes next and why; and what is held back until a supervisor decides. */
export function QueueScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const [side, setSide] = useState<"line" | "held" | "languages">("line");
  const [ordering, setOrdering] = useState<CaseBrief | null>(null);
  const limit = useRef(first);
  const { data, error, refetch } = useQuery({
    queryKey: keys.queue,
    queryFn: () => kakeru.getQueue(limit.current),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
  const got = data?.items.length ?? 0;
  const more = useCallback(() => {
    if (got < limit.current || limit.current >= most) return; // it is whole
    limit.current = most;
    void refetch();
  }, [got, refetch]);
  const items = side === "line" ? data?.items : data?.held;
  return (
    <div className={page.page}>
      <h1 className={page.title}>{t("door.queue")}</h1>
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {data && (
        <dl className={page.counts}>
          <Count name={t("queue.due")} value={data.depth.due} />
          <Count name={t("queue.later")} value={data.depth.later} />
          <Count name={t("queue.held")} value={data.depth.held} tone={data.depth.held > 0 ? "bad" : undefined} />
        </dl>
      )}
      <SegmentedControl
        style={{ alignSelf: "flex-start" }}
        aria-label={t("queue.which")}
        value={side}
        onChange={(v) => setSide(v as typeof side)}
        data={[
          { value: "line", label: t("queue.line") },
          { value: "held", label: `${t("queue.held")} ${data?.depth.held ?? ""}` },
          { value: "languages", label: t("languages.title") },
        ]}
      />
      {data && side === "line" && <HeldBack queue={data} />}
      {side === "languages" ? (
        <Languages />
      ) : (
        items &&
        (items.length > 0 ? (
          <Line key={side} items={items} sortable={side === "line"} onOrder={setOrdering} {...(side === "line" ? { onEnd: more } : {})} />
        ) : (
          <div className={parts.panel}>
            <Empty title={side === "line" ? t("queue.empty") : t("queue.none_held")} />
          </div>
        ))
      )}
      <OrderForm about={ordering} onClose={() => setOrdering(null)} />
    </div>
  );
}

/** What does not come now, by what it waits for; and in one sentence why nobody is called, when nobody is. */
function HeldBack({ queue }: { queue: Queue }) {
  const { t } = useTranslation();
  const back = queue.held_back ?? [];
  return (
    <>
      {queue.why_nobody && <Notice tone="wait">{inWords(queue.why_nobody)}</Notice>}
      {back.length > 0 && (
        <details data-held-back>
          <summary>{t("queue.held_back", { n: back.reduce((sum, b) => sum + b.count, 0) })}</summary>
          <ul>
            {back.map((b) => (
              <li key={b.why.ja}>
                {t("queue.held_back_row", { n: b.count, why: inWords(b.why) })}
                {isTime(b.next) && <span className="quiet"> {t("queue.from", { at: dayAndTime(b.next, language()) })}</span>}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** A figure with its name. */
export function Count({ name, value, tone }: { name: string; value: number; tone?: "bad" | "good" | undefined }) {
  return (
    <div className={page.count} data-tone={tone}>
      <dt>{name}</dt>
      <dd>{yen(value)}</dd>
    </div>
  );
}
