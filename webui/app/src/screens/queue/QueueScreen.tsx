import { Button, Modal, SegmentedControl, TextInput } from "@mantine/core";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDesks } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { CaseBrief } from "../../api/types";
import { dayAndTime, isTime } from "../../format/time";
import { yen } from "../../format/yen";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Chip } from "../../parts/Chip";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";

/** The line: who comes next and why; and what is held back until a supervisor decides. */
export function QueueScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const [side, setSide] = useState<"line" | "held">("line");
  const [releasing, setReleasing] = useState<CaseBrief | null>(null);
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
        onChange={(v) => setSide(v as "line" | "held")}
        data={[
          { value: "line", label: t("queue.line") },
          { value: "held", label: `${t("queue.held")} ${data?.depth.held ?? ""}` },
        ]}
      />
      <div className={`${parts.panel} ${page.tablePanel}`}>
        {items && items.length > 0 ? (
          <Table items={items} onRelease={side === "held" ? setReleasing : undefined} />
        ) : (
          data && <Empty title={side === "line" ? t("queue.empty") : t("queue.none_held")} />
        )}
      </div>
      <Release about={releasing} onClose={() => setReleasing(null)} />
    </div>
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

function Table({ items, onRelease }: { items: CaseBrief[]; onRelease?: ((item: CaseBrief) => void) | undefined }) {
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
          {onRelease && (
            <th>
              <span className="visually-hidden">{t("queue.release")}</span>
            </th>
          )}
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
            <td className={parts.number}>{yen(item.balance_yen)}</td>
            <td className="nowrap">
              {item.desk ? (
                <Chip tone="note">{t("queue.at_desk", { desk: desks?.find((d) => d.id === item.desk)?.name ?? item.desk })}</Chip>
              ) : item.is_due ? (
                <Chip tone="talk">{t("queue.now")}</Chip>
              ) : (
                isTime(item.due_at) && <span className="digits">{dayAndTime(item.due_at, language())}</span>
              )}
            </td>
            <td>{item.why}</td>
            {onRelease && (
              <td>
                <Button size="compact-sm" variant="default" onClick={() => onRelease(item)}>
                  {t("queue.release")}
                </Button>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Release({ about, onClose }: { about: CaseBrief | null; onClose: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const [failure, setFailure] = useState<unknown>(null);
  async function release() {
    if (!about || !reason.trim()) return;
    try {
      await kakeru.releaseCase(about.case_id, reason.trim());
      setReason("");
      setFailure(null);
      void client.invalidateQueries({ queryKey: keys.queue });
      onClose();
    } catch (error) {
      setFailure(error);
    }
  }
  return (
    <Modal
      opened={about !== null}
      onClose={onClose}
      title={t("queue.release_title")}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void release();
        }}
      >
        <p>{t("queue.release_hint")}</p>
        <p className="quiet">{about?.why}</p>
        <TextInput
          data-autofocus
          label={t("queue.reason")}
          placeholder={t("queue.reason_example")}
          value={reason}
          maxLength={200}
          onChange={(e) => setReason(e.currentTarget.value)}
        />
        {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
        <Button type="submit" fullWidth mt="md" disabled={!reason.trim()}>
          {t("queue.release")}
        </Button>
      </form>
    </Modal>
  );
}
