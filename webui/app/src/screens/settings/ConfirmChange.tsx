import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { IconArrowNarrowRight } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { SettingWant } from "../../api/types";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import { inWords, useProblemText } from "../../parts/useWords";
import css from "./settings.module.css";

/** Says what changes would do, asks why they are made, and makes them. */
export function ConfirmChange({ wants, onClose, onDone }: { wants: SettingWant[] | null; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal opened={wants !== null} onClose={onClose} size="lg" title={t("settings.confirm")} closeButtonProps={{ "aria-label": t("common.close") }}>
      {wants !== null && <Confirm key={JSON.stringify(wants)} wants={wants} onClose={onClose} onDone={onDone} />}
    </Modal>
  );
}

function Confirm({ wants, onClose, onDone }: { wants: SettingWant[]; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const { data, error } = useQuery({ queryKey: ["setting-plan", JSON.stringify(wants)], queryFn: () => kakeru.planSettings(wants), gcTime: 0, staleTime: 0, retry: false });
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);

  async function change() {
    setBusy(true);
    setFailure(null);
    try {
      await kakeru.changeSettings(wants, reason);
      for (const queryKey of [keys.settings, keys.settingChanges, keys.calendar]) void client.invalidateQueries({ queryKey });
      onDone();
    } catch (error) {
      setFailure(error);
    }
    setBusy(false);
  }

  const lines = data?.lines ?? [];
  return (
    <form
      className={css.confirm}
      data-confirm-change
      onSubmit={(e) => {
        e.preventDefault();
        void change();
      }}
    >
      {error && (
        <Notice tone="bad">
          <span className={css.said}>{say(error)}</span>
        </Notice>
      )}
      {data && (
        <>
          <ul className={css.lines}>
            {lines.map((line) => (
              <li key={line.key}>
                <strong>{inWords(line.name)}</strong>
                <span className={css.turn}>
                  <span className={css.was}>{inWords(line.before)}</span>
                  <IconArrowNarrowRight size={18} aria-label={t("settings.becomes")} />
                  <span>{inWords(line.after)}</span>
                </span>
              </li>
            ))}
          </ul>
          {data.effects?.length ? (
            <Notice tone="note">
              <ul className={css.effects} data-effects>
                {data.effects.map((effect) => (
                  <li key={effect.en}>{inWords(effect)}</li>
                ))}
              </ul>
            </Notice>
          ) : null}
          <TextInput data-autofocus label={t("settings.reason")} description={t("settings.reason_hint")} value={reason} maxLength={200} onChange={(e) => setReason(e.currentTarget.value)} />
        </>
      )}
      {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onClose}>
          {t("common.cancel")}
        </Button>
        <Button type="submit" loading={busy} disabled={!data || reason.trim() === ""}>
          {t("settings.change")}
        </Button>
      </Group>
    </form>
  );
}
