import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { IconArrowBackUp } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { SettingLine } from "../../api/types";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Chip } from "../../parts/Chip";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { inWords, useProblemText } from "../../parts/useWords";
import css from "./settings.module.css";

/** 設定変更の記録: who changed what from which value to which, when and why; each can be undone, by another change. */
export function Changes() {
  const { t } = useTranslation();
  const say = useProblemText();
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: keys.settingChanges,
    queryFn: ({ pageParam }) => kakeru.getSettingChanges(pageParam),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.more ? last.items?.at(-1)?.id : undefined),
  });
  const [undoing, setUndoing] = useState<SettingLine | null>(null);
  const lines = data?.pages.flatMap((p) => p.items ?? []) ?? [];
  return (
    <>
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {data && lines.length === 0 && <Empty title={t("settings.no_changes")}>{t("settings.no_changes_hint")}</Empty>}
      {lines.length > 0 && (
        <div className={`${parts.panel} ${page.tablePanel}`}>
          <table className={parts.table} data-changes>
            <thead>
              <tr>
                <th>{t("settings.number")}</th>
                <th>{t("settings.at")}</th>
                <th>{t("settings.by")}</th>
                <th>{t("settings.what")}</th>
                <th>{t("settings.before")}</th>
                <th>{t("settings.after")}</th>
                <th>{t("settings.why")}</th>
                <th>
                  <span className="visually-hidden">{t("settings.undo")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <tr key={line.id} data-change={line.id}>
                  <td className={parts.number}>{line.id}</td>
                  <td className="digits nowrap">{dayAndTime(line.at, language())}</td>
                  <td className="nowrap">{line.by_name || t("settings.command_line")}</td>
                  <td>{inWords(line.name)}</td>
                  <td className={css.value}>{inWords(line.before)}</td>
                  <td className={css.value}>
                    {inWords(line.after)} {line.to_file && <span className="quiet">{t("settings.to_file")}</span>}
                  </td>
                  <td className={css.reason}>
                    {line.reverts > 0 && <Chip tone="note">{t("settings.reverts", { id: line.reverts })}</Chip>} {line.reason}
                  </td>
                  <td style={{ textAlign: "end" }}>
                    {line.frozen ? (
                      <span className="quiet nowrap">{inWords(line.frozen)}</span>
                    ) : (
                      <Button size="compact-sm" variant="default" leftSection={<IconArrowBackUp size={15} aria-hidden />} aria-label={t("settings.undo_of", { id: line.id })} onClick={() => setUndoing(line)}>
                        {t("settings.undo")}
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t("settings.more")}
        </Button>
      )}
      <Modal opened={undoing !== null} onClose={() => setUndoing(null)} title={t("settings.undo_title", { id: undoing?.id ?? 0 })} closeButtonProps={{ "aria-label": t("common.close") }}>
        {undoing && <Undo key={undoing.id} line={undoing} onDone={() => setUndoing(null)} />}
      </Modal>
    </>
  );
}

function Undo({ line, onDone }: { line: SettingLine; onDone: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  async function undo() {
    setBusy(true);
    setFailure(null);
    try {
      await kakeru.undoSetting(line.id, line.version, reason);
      for (const queryKey of [keys.settings, keys.settingChanges, keys.calendar]) void client.invalidateQueries({ queryKey });
      onDone();
    } catch (error) {
      setFailure(error);
    }
    setBusy(false);
  }
  return (
    <form
      className={css.column}
      data-undo={line.id}
      onSubmit={(e) => {
        e.preventDefault();
        void undo();
      }}
    >
      <p style={{ margin: 0 }}>{t("settings.undo_to", { name: inWords(line.name), before: inWords(line.before) })}</p>
      {!line.newest && <Notice tone="wait">{t("settings.undo_later")}</Notice>}
      <TextInput data-autofocus label={t("settings.reason")} description={t("settings.reason_hint")} value={reason} maxLength={200} onChange={(e) => setReason(e.currentTarget.value)} />
      {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
      <Group justify="flex-end">
        <Button type="submit" loading={busy} disabled={reason.trim() === ""}>
          {t("settings.undo")}
        </Button>
      </Group>
    </form>
  );
}
