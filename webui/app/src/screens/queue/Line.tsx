import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { IconGripVertical } from "@tabler/icons-react";
import { memo, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDeskName } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { CaseBrief, Queue } from "../../api/types";
import { dayAndTime, isTime } from "../../format/time";
import { yen } from "../../format/yen";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Chip } from "../../parts/Chip";
import { Notice } from "../../parts/Notice";
import parts from "../../parts/parts.module.css";
import { inWords, useProblemText } from "../../parts/useWords";
import css from "./queue.module.css";
import { movable, movedTo, roomOf, wish } from "./reorder";
import { type Holding, useReorder } from "./useReorder";

const rowHeight = 58; // most rows'; the others are measured

interface Props {
  items: CaseBrief[];
  /** Whether its order can be changed here. */
  sortable: boolean;
  onOrder: (item: CaseBrief) => void;
  /** The end of the list comes into sight. */
  onEnd?: () => void;
}

/** Cases as a list of which only what is in sight is drawn, however many there are. A supervisor moves those that are due by a handle. */
export function Line({ items, sortable, onOrder, onEnd }: Props) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const deskName = useDeskName();
  const scroller = useRef<HTMLDivElement>(null);
  const back = useRef<string | null>(null);
  const busy = useRef(false);
  const [said, setSaid] = useState("");
  const [failure, setFailure] = useState<unknown>(null);

  const onDrop = useCallback(
    ({ items: line, id, place, keys: byKeys }: Holding) => {
      const want = wish(line, id, place);
      if (!want) return setSaid(t("queue.stays"));
      setFailure(null);
      if (byKeys) back.current = id;
      client.setQueryData<Queue>(keys.queue, (queue) => queue && { ...queue, items: movedTo(line, id, place) });
      kakeru.moveCase(id, want).then(
        ({ from, to }) => !busy.current && setSaid(t("queue.moved", { from, to })), // nobody is told that while they move the next one
        (error) => setFailure(error),
      ).finally(() => void client.invalidateQueries({ queryKey: keys.queue }));
    },
    [client, t],
  );
  const { holding, handle } = useReorder(items, scroller, onDrop);
  busy.current = holding !== null;
  // A row that is put elsewhere loses the focus on its way.
  useLayoutEffect(() => {
    const grip = back.current && scroller.current?.querySelector<HTMLElement>(`tr[data-case="${CSS.escape(back.current)}"] button[aria-pressed]`);
    if (grip) grip.focus();
    if (grip) back.current = null;
  }, [items]);
  const shown = holding?.items ?? items;
  const heldAt = holding ? holding.from : -1;
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (i) => shown[i]!.case_id,
    overscan: 8,
    // What is held stays, wherever the list is scrolled to: it has the focus.
    rangeExtractor: (range) => {
      const seen = defaultRangeExtractor(range);
      return heldAt < 0 || seen.includes(heldAt) ? seen : [...seen, heldAt].sort((a, b) => a - b);
    },
  });
  const virtual = rows.getVirtualItems();
  const last = virtual.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= shown.length - 10) onEnd?.();
  }, [last, shown.length, onEnd]);
  useEffect(() => {
    if (!holding?.keys) return;
    rows.scrollToIndex(Math.min(holding.place, holding.items.length - 1));
    const room = roomOf(holding.items);
    const at = holding.place > holding.from ? holding.place : holding.place + 1;
    const edge = holding.place === room.from || holding.place === room.to;
    setSaid(t(edge ? "queue.held_edge" : "queue.held_at", { n: at }));
  }, [holding, rows, t]);

  let drawn = 0; // down to where rows were drawn
  return (
    <>
      {sortable && (
        <p role="status" className={css.said} data-said={said !== "" || undefined}>
          {said || t("queue.move_hint")}
        </p>
      )}
      {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
      <div className={`${parts.panel} ${css.scroll}`} ref={scroller} tabIndex={0} role="region" aria-label={t("queue.line")} data-holding={holding?.id} data-line>
        <table className={`${parts.table} ${css.line}`} aria-rowcount={shown.length + 1}>
          <thead>
            <tr>
              {sortable && (
                <th>
                  <span className="visually-hidden">{t("queue.move")}</span>
                </th>
              )}
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
            {virtual.map((v) => {
              const item = shown[v.index]!;
              const gap = v.start - drawn;
              drawn = v.end;
              return (
                <Row
                  key={v.key}
                  item={item}
                  index={v.index}
                  gap={gap}
                  measure={rows.measureElement}
                  desk={deskName(item.desk ?? undefined) ?? ""}
                  sortable={sortable}
                  held={holding?.id === item.case_id}
                  mark={markAt(holding?.place, v.index, shown.length, holding?.from)}
                  handle={handle}
                  onOrder={onOrder}
                />
              );
            })}
            <Gap height={rows.getTotalSize() - drawn} />
          </tbody>
        </table>
      </div>
    </>
  );
}

/** Where the line is drawn that says where a row would come to stand. */
function markAt(place: number | undefined, index: number, count: number, from: number | undefined): "before" | "after" | undefined {
  if (place === undefined || place === from || place === from! + 1) return undefined;
  if (place === index) return "before";
  return place === count && index === count - 1 ? "after" : undefined;
}

/** Room for the rows that are not drawn. */
function Gap({ height }: { height: number }) {
  return height > 0 ? (
    <tr aria-hidden="true" className={css.gap}>
      <td style={{ height }} />
    </tr>
  ) : null;
}

interface RowProps {
  item: CaseBrief;
  index: number;
  gap: number;
  measure: (row: HTMLTableRowElement | null) => void;
  desk: string;
  sortable: boolean;
  held: boolean;
  mark: "before" | "after" | undefined;
  handle: ReturnType<typeof useReorder>["handle"];
  onOrder: (item: CaseBrief) => void;
}

const Row = memo(function Row({ item, index, gap, measure, desk, sortable, held, mark, handle, onOrder }: RowProps) {
  const { t } = useTranslation();
  const may = movable(item);
  return (
    <>
      <Gap height={gap} />
      <tr ref={measure} data-index={index} data-case={item.case_id} aria-rowindex={index + 2} className={css.row} data-held={held || undefined} data-mark={mark}>
        {sortable && (
          <td className={css.grip}>
            {may && (
              <button type="button" aria-label={t("queue.move_of", { number: item.ward_number })} aria-pressed={held} {...handle(item.case_id)}>
                <IconGripVertical size={18} aria-hidden />
              </button>
            )}
          </td>
        )}
        <td className={parts.number}>{index + 1}</td>
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
            <Chip tone="note">{t("queue.at_desk", { desk })}</Chip>
          ) : item.is_due ? (
            <Chip tone="talk">{t("queue.now")}</Chip>
          ) : (
            isTime(item.due_at) && <span className="digits">{dayAndTime(item.due_at, language())}</span>
          )}
        </td>
        <td>
          {inWords({ ja: item.why, en: item.why_en })}
          {item.order && (
            <div className="quiet">
              {item.order.act === "move"
                ? t("queue.moved_by", { name: item.order.by_name, at: dayAndTime(item.order.at, language()), from: item.order.from, to: item.order.to })
                : t("queue.ordered", { name: item.order.by_name, at: dayAndTime(item.order.at, language()) })}
            </div>
          )}
        </td>
        <td>
          <Button size="compact-sm" variant="default" onClick={() => onOrder(item)}>
            {t("queue.order")}
          </Button>
        </td>
      </tr>
    </>
  );
});
