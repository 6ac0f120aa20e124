import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { Desk, SettingItem } from "../../api/types";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import { inWords, useProblemText } from "../../parts/useWords";
import css from "./desks.module.css";

const longest = 20;

/** Another name for a desk, by way of the settings: with a reason, on the record, and undone there. */
export function Rename({ desk, nameKey, onClose }: { desk: Desk | null; nameKey: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({ queryKey: keys.settings, queryFn: kakeru.getSettings, enabled: desk !== null });
  const say = useProblemText();
  const item = data?.find((i) => i.key === nameKey);
  return (
    <Modal opened={desk !== null} onClose={onClose} title={t("desks.rename_title", { name: desk?.name ?? "" })} closeButtonProps={{ "aria-label": t("common.close") }}>
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {item && <Form key={`${item.key} ${item.version}`} item={item} onClose={onClose} />}
    </Modal>
  );
}

function Form({ item, onClose }: { item: SettingItem; onClose: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const held = String(item.value);
  const [name, setName] = useState(held);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const typed = name.trim();

  async function save() {
    setBusy(true);
    setFailure(null);
    try {
      await kakeru.changeSettings([{ key: item.key, value: typed, version: item.version }], reason);
      for (const queryKey of [keys.settings, keys.settingChanges, keys.desks]) void client.invalidateQueries({ queryKey });
      onClose();
    } catch (error) {
      setFailure(error);
    }
    setBusy(false);
  }

  return (
    <form
      className={css.test}
      data-rename={item.key}
      onSubmit={(e) => {
        e.preventDefault();
        void save();
      }}
    >
      <TextInput data-autofocus label={t("desks.new_name")} description={inWords(item.basis)} value={name} maxLength={longest} onChange={(e) => setName(e.currentTarget.value)} />
      {!item.from_file && <p className="quiet">{t("desks.file_name", { name: inWords(item.file_said) })}</p>}
      <TextInput label={t("settings.reason")} description={t("settings.reason_hint")} value={reason} maxLength={200} onChange={(e) => setReason(e.currentTarget.value)} />
      {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
      <p className="quiet">{t("desks.undo_hint")}</p>
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onClose}>
          {t("common.cancel")}
        </Button>
        <Button type="submit" loading={busy} disabled={typed === "" || typed === held || reason.trim() === ""}>
          {t("desks.rename")}
        </Button>
      </Group>
    </form>
  );
}
