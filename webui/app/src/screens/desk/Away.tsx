import { Button } from "@mantine/core";
import { IconCoffee, IconDoorExit } from "@tabler/icons-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { Desk } from "../../api/types";
import { timeOfDay } from "../../format/time";
import { language } from "../../i18n";
import { keepKeys } from "../../keys/keepKeys";
import { type AwayReason, awayReasons } from "../../keys/keymap";
import { Key } from "../../parts/Key";
import { RunningClock } from "../../parts/RunningClock";
import css from "./away.module.css";

/** Why one goes away: one press, or one number key. Esc, or the key that opened it, closes it. */
export function AwayChooser({ onChoose, onClose }: { onChoose: (reason: AwayReason) => void; onClose: () => void }) {
  const { t } = useTranslation();
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      onClose();
    };
    addEventListener("keydown", listen, { capture: true });
    return () => removeEventListener("keydown", listen, { capture: true });
  }, [onClose]);
  return (
    <section className={css.chooser} aria-label={t("away.why")} data-away-reasons>
      <header className={css.head}>
        <IconDoorExit size={18} aria-hidden />
        <b>{t("away.why")}</b>
        <span className="quiet">{t("away.what_it_does")}</span>
      </header>
      <div className={css.reasons}>
        {awayReasons.map((reason, i) => (
          <Button
            key={reason}
            variant="default"
            size="sm"
            onMouseDown={keepKeys}
            rightSection={<Key name={String(i + 1)} />}
            aria-keyshortcuts={String(i + 1)}
            onClick={() => onChoose(reason)}
          >
            {t(`away.reason.${reason}`)}
          </Button>
        ))}
        <Button variant="subtle" size="sm" onMouseDown={keepKeys} rightSection={<Key name="Esc" />} onClick={onClose}>
          {t("common.cancel")}
        </Button>
      </div>
    </section>
  );
}

/** In the telephone's place while one is away: why, since when, and the way back. */
export function AwayNow({ desk, busy, onBack }: { desk: Desk; busy: boolean; onBack: () => void }) {
  const { t } = useTranslation();
  return (
    <>
      <div className={css.now}>
        <IconCoffee size={30} stroke={1.5} aria-hidden />
        <div>
          <div className={css.reason}>{desk.away ? t(`away.reason.${desk.away}`) : t("away.now")}</div>
          {desk.paused_by_name && <div data-paused-by>{t("away.paused_by", { name: desk.paused_by_name, reason: desk.pause_reason })}</div>}
          <div className="quiet">{t("away.since", { at: timeOfDay(desk.since, language()) })}</div>
        </div>
        <RunningClock since={desk.since} className={css.clock} />
      </div>
      {desk.paused_by_name ? (
        <p className="quiet">{t("away.paused_hint")}</p>
      ) : (
        <Button size="lg" fullWidth data-desk-key rightSection={<Key name="Enter" />} aria-keyshortcuts="Enter B" loading={busy} onClick={onBack}>
          {t("away.back")}
        </Button>
      )}
    </>
  );
}
