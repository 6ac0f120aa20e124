import { Button } from "@mantine/core";
import { IconClipboardText } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { copyText } from "../../parts/copy";
import { Key } from "../../parts/Key";
import { useProblemText } from "../../parts/useWords";

/** Puts a case's record of a day onto the clipboard, for the ward's own system. Today's, unless a day is given. */
export function CopyRecord({ caseID, day, keyed = false }: { caseID: string; day?: string; keyed?: boolean }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [said, setSaid] = useState("");

  async function copy() {
    try {
      const record = await kakeru.getCaseRecord(caseID, day);
      if (record.calls === 0) setSaid(t("record.none"));
      else setSaid((await copyText(record.text)) ? t("record.copied", { count: record.calls }) : t("record.failed"));
    } catch (error) {
      setSaid(say(error));
    }
  }
  useKey("r", keyed, () => void copy());

  return (
    <div style={{ display: "flex", alignItems: "center", gap: "0.7rem", flexWrap: "wrap" }}>
      <Button
        variant="default"
        size="sm"
        leftSection={<IconClipboardText size={17} aria-hidden />}
        rightSection={keyed && <Key name="R" />}
        aria-keyshortcuts={keyed ? "R" : undefined}
        onClick={() => void copy()}
      >
        {t(day ? "record.copy_day" : "record.copy")}
      </Button>
      <span aria-live="polite" className="quiet" data-record>
        {said}
      </span>
    </div>
  );
}

/** A key of a screen that has no others. Not while somebody types, and not with Ctrl, which is the browser's. */
function useKey(key: string, on: boolean, act: () => void) {
  useEffect(() => {
    if (!on) return;
    const listen = (event: KeyboardEvent) => {
      const typing = (event.target as HTMLElement).closest("input, textarea, select, [role=dialog]");
      if (event.key.toLowerCase() !== key || event.repeat || event.ctrlKey || event.metaKey || event.altKey || typing) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });
}
