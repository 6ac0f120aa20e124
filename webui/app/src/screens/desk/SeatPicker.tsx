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
import { thisScreen } from "./thisScreen";

/** Where to sit down. A seat that somebody holds is taken over only after a question; lost is one that was just taken over from here. */
export function SeatPicker({ lost }: { lost: Desk | undefined }) {
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
      await kakeru.sit(desk.id, takeOver, thisScreen());
    } catch (error) {
      setRefusal(error);
    }
    void client.invalidateQueries({ queryKey: keys.desks });
  }

  return (
    <div className={css.seats}>
      <h1>{t("seat.title")}</h1>
      <p className="quiet">{t("seat.hint")}</p>
      {lost && (
        <div data-seat-taken={lost.id}>
          <Notice tone="wait">{t("seat.taken", { desk: lost.name, name: lost.operator_name ?? "" })}</Notice>
        </div>
      )}
      {refusal !== null && <Notice tone="bad">{say(refusal)}</Notice>}
      <ul className={css.seatList}>
        {(desks ?? []).map((desk, i) => (
          <li key={desk.id} className={css.seat}>
            <IconArmchair size={34} stroke={1.4} aria-hidden />
            <h2>{desk.name}</h2>
            <PhoneChip desk={desk} />
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

/** What is known of a desk's phone. */
export function phoneOf(desk: Desk): "gone" | "used" | "there" | "unknown" {
  if (desk.registered === false) return "gone";
  if (desk.in_use_elsewhere) return "used";
  return desk.registered ? "there" : "unknown";
}

const phoneTones = { gone: "bad", used: "wait", there: "talk", unknown: "still" } as const;

/** Whether a desk's phone can be rung. */
export function PhoneChip({ desk }: { desk: Desk }) {
  const { t } = useTranslation();
  const phone = phoneOf(desk);
  const Icon = phone === "gone" ? IconPlugConnectedX : IconDeviceLandlinePhone;
  return (
    <Chip tone={phoneTones[phone]} icon={<Icon size={15} aria-hidden />}>
      {t(`phone.${phone}`)}
    </Chip>
  );
}
