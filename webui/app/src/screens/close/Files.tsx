import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Close } from "../../api/types";
import { yen as grouped } from "../../format/yen";
import { Notice } from "../../parts/Notice";
import { save } from "../../parts/save";
import { useProblemText } from "../../parts/useWords";
import css from "./close.module.css";

/** The files of a close or an export, each to be taken. */
export function Files({ files, take }: { files: Close["files"]; take: (n: number) => Promise<Blob> }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [failure, setFailure] = useState<unknown>(null);

  async function fetchFile(n: number) {
    setFailure(null);
    try {
      save(await take(n), last(files[n]!.name));
    } catch (error) {
      setFailure(error);
    }
  }

  return (
    <>
      {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
      <ul className={css.files}>
        {files.map((file, n) => (
          <li key={file.name}>
            <Button size="compact-sm" variant="default" leftSection={<IconDownload size={15} aria-hidden />} onClick={() => void fetchFile(n)}>
              {last(file.name)}
            </Button>
            <span className="quiet">
              {file.rows > 0 && t("close.rows", { n: grouped(file.rows) })} SHA-256 <code>{file.sha256.slice(0, 16)}…</code>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

const last = (name: string) => name.split("/").at(-1)!;
