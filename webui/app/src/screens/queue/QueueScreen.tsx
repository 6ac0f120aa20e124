import { Button, SegmentedControl } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDesks } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { CaseBrief, Queue } from "../../api/types";
import { dayAndTime, isTime } from "../../format/time";
import { yen } from "../../format/yen";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Chip } from "../../parts/Chip";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { inWords, useProblemText } from "../../parts/useWords";
import { Languages } from "./Languages";
import { OrderForm } from "./OrderForm";

/** The line: who comes next and why; and what is held back until a supervisor decides. */
export function QueueScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const [side, setSide] = useState<"line" | "held" | "languages">("line");
  const [ordering, setOrdering] = useState<CaseBrief | null>(null);
  const { data, error } = useQuery({
    queryKey: keys.queue,
    queryFn: () => kakeru.getQueue(50),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
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
        <div className={`${parts.panel} ${page.tablePanel}`}>
          {items && items.length > 0 ? (
            <Table items={items} onOrder={setOrdering} />
          ) : (
            data && <Empty title={side === "line" ? t("queue.empty") : t("queue.none_held")} />
          )}
        </div>
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

function Table({ items, onOrder }: { items: CaseBrief[]; onOrder: (item: CaseBrief) => void }) {
  const { t } = useTranslation();
  const { data: desks } = useDesks();
  return (
    <table className={parts.table}>
      <thead>
        <tr>
          <th className={parts.number}>#</th>
          <th>{t("case.ward_number")}</th>
          <th>{t("case.name")}</th>
          <th>{t("attempt.number_kind")}</th>
          <th className={parts.number}>{t("case.total")}</th>
          <th>{t("queue.when")}</th>
          <th>{t("queue.why")}</th>
          <th>
            <span className="visually-hidden">{t("queue.order")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((item, i) => (
          <tr key={item.case_id} data-case={item.case_id}>
            <td className={parts.number}>{i + 1}</td>
            <td className="digits nowrap">
              <Link to="/cases/$id" params={{ id: item.case_id }}>
                {item.ward_number}
              </Link>
            </td>
            <td className="nowrap">{item.name}</td>
            <td className="nowrap">{item.number_kind && t(`kind.${item.number_kind}`)}</td>
            <td className={parts.number}>{yen(item.balance_yen ?? 0)}</td>
            <td className="nowrap">
              {item.pinned && <Chip tone="wait">{t("queue.pinned")}</Chip>}
              {item.desk ? (
                <Chip tone="note">{t("queue.at_desk", { desk: desks?.find((d) => d.id === item.desk)?.name ?? item.desk })}</Chip>
              ) : item.is_due ? (
                <Chip tone="talk">{t("queue.now")}</Chip>
              ) : (
                isTime(item.due_at) && <span className="digits">{dayAndTime(item.due_at, language())}</span>
              )}
            </td>
            <td>
              {inWords({ ja: item.why, en: item.why_en })}
              {item.order && <div className="quiet">{t("queue.ordered", { name: item.order.by_name, at: dayAndTime(item.order.at, language()) })}</div>}
            </td>
            <td>
              <Button size="compact-sm" variant="default" onClick={() => onOrder(item)}>
                {t("queue.order")}
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
