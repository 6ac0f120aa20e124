import { Button, Modal, SegmentedControl, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { Desk } from "../../api/types";
import { Notice } from "../../parts/Notice";
import { useProblemText } from "../../parts/useWords";

/** A supervisor's order on a desk, with its reason: pause it, or sign somebody's seat off for them. */
export function DeskOrder({ desk, onClose }: { desk: Desk; onClose: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [act, setAct] = useState<"pause" | "clear">("pause");
  const [reason, setReason] = useState("");
  const [failure, setFailure] = useState<unknown>(null);
  async function order() {
    try {
      await (act === "pause" ? kakeru.pauseDesk : kakeru.clearDesk)(desk.id, reason.trim());
      onClose();
    } catch (error) {
      setFailure(error);
    }
  }
  return (
    <Modal opened onClose={onClose} title={t("orders.title", { desk: desk.name })} closeButtonProps={{ "aria-label": t("common.close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.trim()) void order();
        }}
      >
        <SegmentedControl
          fullWidth
          aria-label={t("orders.what")}
          value={act}
          onChange={(v) => setAct(v as typeof act)}
          data={[{ value: "pause", label: t("orders.pause") }, ...(desk.operator ? [{ value: "clear", label: t("orders.clear") }] : [])]}
        />
        <p>{t(act === "pause" ? "orders.pause_hint" : "orders.clear_hint", { name: desk.operator_name })}</p>
        <TextInput
          data-autofocus
          label={t("orders.reason")}
          description={t("orders.reason_hint")}
          value={reason}
          maxLength={200}
          onChange={(e) => setReason(e.currentTarget.value)}
        />
        {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
        <Button type="submit" fullWidth mt="md" disabled={reason.trim() === ""} color={act === "clear" ? "red" : undefined}>
          {t(`orders.${act}`)}
        </Button>
      </form>
    </Modal>
  );
}
