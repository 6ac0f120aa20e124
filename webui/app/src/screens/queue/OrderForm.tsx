import { Button, Modal, SegmentedControl, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { Problem } from "../../api/problem";
import type { Act, CaseBrief } from "../../api/types";
import { fromLocalField } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import { inWords, useProblemText } from "../../parts/useWords";

const acts: Record<"line" | "back", Act[]> = { line: ["pin", "skip", "hold"], back: ["release", "pin", "skip"] };

/** What may be ordered of a case: one that is held, pinned or put off may also be let go. */
export function actsFor(about: CaseBrief | null): Act[] {
  if (about?.state === "held") return acts.back;
  const ordered = about && (about.pinned || about.order?.act === "skip");
  return ordered ? [...acts.line, "release"] : acts.line;
}

/** A supervisor's order on one case, with the reason that is kept with it. */
export function OrderForm({ about, onClose }: { about: CaseBrief | null; onClose: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const [act, setAct] = useState<Act>("pin");
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState("");
  const [failure, setFailure] = useState<unknown>(null);
  const choice = actsFor(about);
  useEffect(() => {
    setAct(actsFor(about)[0]!);
    setReason("");
    setUntil("");
    setFailure(null);
  }, [about]);
  const wrong = failure instanceof Problem ? failure.fields(language()) : {};
  const ready = reason.trim() !== "" && (act !== "skip" || fromLocalField(until) !== null);
  async function order() {
    if (!about || !ready) return;
    try {
      await kakeru.orderCase(about.case_id, act, reason.trim(), fromLocalField(until) ?? "");
      void client.invalidateQueries({ queryKey: keys.queue });
      onClose();
    } catch (error) {
      setFailure(error);
    }
  }
  return (
    <Modal opened={about !== null} onClose={onClose} title={t("queue.order_title")} closeButtonProps={{ "aria-label": t("common.close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void order();
        }}
      >
        <p data-about={about?.case_id}>
          <b>{about?.name || t("case.no_name")}</b> <span className="digits">{about?.ward_number}</span>
        </p>
        <p className="quiet">{about && inWords({ ja: about.why, en: about.why_en })}</p>
        <SegmentedControl
          fullWidth
          aria-label={t("queue.order")}
          value={act}
          onChange={(v) => setAct(v as Act)}
          data={choice.map((a) => ({ value: a, label: t(`queue.act.${a}`) }))}
        />
        <p>{t(`queue.act_hint.${act}`)}</p>
        {act === "skip" && (
          <TextInput
            type="datetime-local"
            label={t("queue.until")}
            value={until}
            error={wrong.until}
            onChange={(e) => setUntil(e.currentTarget.value)}
          />
        )}
        <TextInput
          data-autofocus
          mt="xs"
          label={t("queue.reason")}
          description={t("queue.reason_hint")}
          placeholder={t("queue.reason_example")}
          value={reason}
          error={wrong.reason}
          maxLength={100}
          onChange={(e) => setReason(e.currentTarget.value)}
        />
        {failure !== null && Object.keys(wrong).length === 0 && <Notice tone="bad">{say(failure)}</Notice>}
        <Button type="submit" fullWidth mt="md" disabled={!ready}>
          {t(`queue.act.${act}`)}
        </Button>
      </form>
    </Modal>
  );
}
