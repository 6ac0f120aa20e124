import { Button, Modal } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { IconArmchair, IconDeviceLandlinePhone, IconPlugConnectedX } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDesks } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { Desk } from "../../api/types";
import { keys } from "../../live/apply";
import { Chip } from "../../parts/Chip";
import { Notice } from "../../parts/Notice";
import { useProblemText } from "../../parts/useWords";
import css from "./desk.module.css";

/** Where to sit down. A seat that somebody holds is taken over only after a question. */
export function SeatPicker() {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const { data: desks } = useDesks();
  const [taking, setTaking] = useState<Desk | null>(null);
  const [refusal, setRefusal] = useState<unknown>(null);

  async function sit(desk: Desk, takeOver: boolean) {
    setTaking(null);
    setRefusal(null);
    try {
      await kakeru.sit(desk.id, takeOver);
    } catch (error) {
      setRefusal(error);
    }
    void client.invalidateQueries({ queryKey: keys.desks });
  }

  return (
    <div className={css.seats}>
      <h1>{t("seat.title")}</h1>
      <p className="quiet">{t("seat.hint")}</p>
      {refusal !== null && <Notice tone="bad">{say(refusal)}</Notice>}
      <ul className={css.seatList}>
        {(desks ?? []).map((desk, i) => (
          <li key={desk.id} className={css.seat}>
            <IconArmchair size={34} stroke={1.4} aria-hidden />
            <h2>{desk.name}</h2>
            <PhoneChip registered={desk.registered} />
            <p className="quiet">
              {desk.operator ? t("seat.taken_by", { name: desk.operator_name ?? "" }) : t("seat.free")}
            </p>
            <Button
              fullWidth
              size="md"
              autoFocus={i === 0}
              variant={desk.operator ? "default" : "filled"}
              disabled={desk.state === "in_call"}
              onClick={() => (desk.operator ? setTaking(desk) : void sit(desk, false))}
            >
              {desk.state === "in_call" ? t("seat.in_call") : desk.operator ? t("seat.take_over") : t("seat.sit")}
            </Button>
          </li>
        ))}
      </ul>
      <Modal
        opened={taking !== null}
        onClose={() => setTaking(null)}
        title={t("seat.take_over_title")}
        closeButtonProps={{ "aria-label": t("common.close") }}
        centered
      >
        <p>{t("seat.take_over_question", { name: taking?.operator_name ?? "", desk: taking?.name ?? "" })}</p>
        <div className={css.modalButtons}>
          <Button variant="default" onClick={() => setTaking(null)}>
            {t("common.cancel")}
          </Button>
          <Button data-autofocus onClick={() => taking && void sit(taking, true)}>
            {t("seat.take_over")}
          </Button>
        </div>
      </Modal>
    </div>
  );
}

/** Whether a desk's phone can be rung. */
export function PhoneChip({ registered }: { registered: boolean | null }) {
  const { t } = useTranslation();
  if (registered === false)
    return (
      <Chip tone="bad" icon={<IconPlugConnectedX size={15} aria-hidden />}>
        {t("phone.gone")}
      </Chip>
    );
  return (
    <Chip tone={registered ? "talk" : "still"} icon={<IconDeviceLandlinePhone size={15} aria-hidden />}>
      {registered ? t("phone.there") : t("phone.unknown")}
    </Chip>
  );
}
