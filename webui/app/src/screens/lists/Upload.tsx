import { Button } from "@mantine/core";
import { IconFileSpreadsheet, IconUpload } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { Problem } from "../../api/problem";
import { language } from "../../i18n";
import { Notice } from "../../parts/Notice";
import { useProblemText } from "../../parts/useWords";
import css from "./lists.module.css";

/** Takes one CSV file, dropped or chosen. */
export function Upload({ onTaken, upload = kakeru.uploadList }: { onTaken: (id: string) => void; upload?: (file: File) => Promise<string> }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);

  async function send(file: File | undefined) {
    if (!file || sending) return;
    setSending(true);
    setFailure(null);
    try {
      onTaken(await upload(file));
    } catch (error) {
      setFailure(error);
    } finally {
      setSending(false);
      if (input.current) input.current.value = "";
    }
  }

  const said = failure instanceof Problem ? Object.values(failure.fields(language())) : [];
  return (
    <div
      className={css.drop}
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void send(event.dataTransfer.files[0]);
      }}
    >
      <IconFileSpreadsheet size={44} stroke={1.2} aria-hidden />
      <p className={css.dropTitle}>{t("lists.drop")}</p>
      <p className="quiet">{t("lists.formats")}</p>
      <input
        ref={input}
        type="file"
        accept=".csv,text/csv"
        className="visually-hidden"
        aria-label={t("lists.file")}
        tabIndex={-1}
        onChange={(e) => void send(e.currentTarget.files?.[0])}
      />
      <Button size="md" leftSection={<IconUpload size={18} aria-hidden />} loading={sending} onClick={() => input.current?.click()}>
        {t("lists.choose")}
      </Button>
      {failure !== null && (
        <Notice tone="bad">
          {say(failure)}
          {said.map((text) => (
            <div key={text}>{text}</div>
          ))}
        </Notice>
      )}
    </div>
  );
}
