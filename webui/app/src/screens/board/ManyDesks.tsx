import { Modal, SegmentedControl, TextInput } from "@mantine/core";
import { memo, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Call, Desk } from "../../api/types";
import { Chip } from "../../parts/Chip";
import { Empty } from "../../parts/Empty";
import { SilenceChip, SoundChip } from "../../parts/SoundChip";
import css from "./board.module.css";
import { DeskCard, type Doing, looks } from "./DeskCard";
import { arranged, counts, grouped, type Seen, seen, type Sorting, sortings } from "./order";
import { SmallClock } from "./SmallClock";

/** Many desks at a glance: small cards, by what they are doing. One that is pressed opens whole. */
export function ManyDesks({ desks, calls }: { desks: Desk[]; calls: Call[] }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [only, setOnly] = useState<Doing | "">("");
  const [by, setBy] = useState<Sorting>("state");
  const [open, setOpen] = useState<string | null>(null);
  const all = useMemo(() => seen(desks, calls), [desks, calls]);
  const groups = useMemo(() => grouped(arranged(all, text, only, by), by), [all, text, only, by]);
  const opened = desks.find((d) => d.id === open);
  return (
    <div className={css.many}>
      <div className={css.manyTools}>
        <TextInput className={css.manyFind!} size="sm" aria-label={t("many.find")} placeholder={t("many.find")} value={text} onChange={(e) => setText(e.currentTarget.value)} />
        <SegmentedControl size="sm" aria-label={t("many.by")} value={by} onChange={(v) => setBy(v as Sorting)} data={sortings.map((s) => ({ value: s, label: t(`many.sort.${s}`) }))} />
        <div className={css.manyStates} role="group" aria-label={t("many.only")}>
          {counts(all).map(({ doing, count }) => {
            const { tone, Icon } = looks[doing];
            return (
              <button key={doing} type="button" aria-pressed={only === doing} onClick={() => setOnly(only === doing ? "" : doing)}>
                <Chip tone={tone} icon={<Icon size={15} aria-hidden />}>
                  {t(`doing.${doing}`)} {count}
                </Chip>
              </button>
            );
          })}
        </div>
      </div>
      <div className={css.manyScroll} tabIndex={0} role="region" aria-label={t("many.title")}>
        {groups.map(({ doing, rows }) => (
          <section key={doing ?? ""} aria-label={doing ? t(`doing.${doing}`) : undefined}>
            {doing && (
              <h2>
                {t(`doing.${doing}`)} <small>{rows.length}</small>
              </h2>
            )}
            <ul className={css.manyGrid}>
              {rows.map((row) => (
                <SmallCard key={row.desk.id} {...row} onOpen={setOpen} />
              ))}
            </ul>
          </section>
        ))}
        {groups.every((g) => g.rows.length === 0) && <Empty title={t("many.none")} />}
      </div>
      <Modal opened={!!opened} onClose={() => setOpen(null)} title={t("many.desk")} size="lg" closeButtonProps={{ "aria-label": t("common.close") }}>
        {opened && <DeskCard desk={opened} />}
      </Modal>
    </div>
  );
}

/** One of many desks. It is drawn anew only when its own desk or call changes: two hundred stand on one board. */
const SmallCard = memo(function SmallCard({ desk, call, doing, since, onOpen }: Seen & { onOpen: (id: string) => void }) {
  const { t } = useTranslation();
  const { tone, Icon } = looks[doing];
  return (
    <li data-desk={desk.id} data-doing={doing} data-trouble={desk.registered === false || !!call?.silent || undefined}>
      <button type="button" onClick={() => onOpen(desk.id)} aria-haspopup="dialog">
        <span className={css.smallHead}>
          <b>{desk.name}</b>
          {since && <SmallClock since={since} className={css.smallClock} />}
        </span>
        <span className={css.smallNow}>
          <Chip tone={tone} icon={<Icon size={14} aria-hidden />}>
            {doing === "away" && desk.away ? t(`away.reason.${desk.away}`) : t(`doing.${doing}`)}
          </Chip>
          {call && <SilenceChip call={call} />}
          {call && <SoundChip call={call} />}
          {desk.registered === false && desk.state !== "empty" && <Chip tone="bad">{t("many.phone_gone")}</Chip>}
        </span>
        <span className={css.smallFoot}>
          <span>{desk.operator_name || t("board.nobody")}</span>
          {desk.case_id && <span className="digits quiet">…{desk.case_id.slice(-8)}</span>}
        </span>
      </button>
    </li>
  );
});
