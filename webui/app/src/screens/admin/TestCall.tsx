import { Button, Group, Modal, SegmentedControl } from "@mantine/core";
import { IconPhoneCall } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { Desk, DeskTest, SeatedPhone } from "../../api/types";
import { Notice } from "../../parts/Notice";
import { useProblemText } from "../../parts/useWords";
import css from "./desks.module.css";
import { findings } from "./findings";

/** Rings one desk's phone, plays it a tone and its own sound, and says what it answered. */
export function TestCall({ desk, phone, onClose }: { desk: Desk | null; phone: SeatedPhone | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal opened={desk !== null} onClose={onClose} size="lg" title={t("desks.test_title", { name: desk?.name ?? "" })} closeButtonProps={{ "aria-label": t("common.close") }}>
      {desk && <Test key={desk.id} desk={desk} phone={phone} onClose={onClose} />}
    </Modal>
  );
}

function Test({ desk, phone, onClose }: { desk: Desk; phone: SeatedPhone | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  // Where somebody sits, or the phone cannot be asked, a person lifts the handset.
  const mayAsk = !desk.operator && !!phone?.auto;
  const [how, setHow] = useState<"hand" | "auto">("hand");
  const [busy, setBusy] = useState(false);
  const [report, setReport] = useState<DeskTest | null>(null);
  const [failure, setFailure] = useState<unknown>(null);

  async function ring() {
    setBusy(true);
    setReport(null);
    setFailure(null);
    try {
      setReport(await kakeru.testDesk(desk.id, mayAsk && how === "auto"));
    } catch (error) {
      setFailure(error);
    }
    setBusy(false);
  }

  const found = report && findings(report);
  return (
    <div className={css.test} data-test-call={report?.end ?? (busy ? "rings" : "asked")}>
      <p>{t("desks.test_what")}</p>
      <div>
        <SegmentedControl
          fullWidth
          aria-label={t("desks.test_how")}
          value={mayAsk ? how : "hand"}
          disabled={busy}
          onChange={(v) => setHow(v === "auto" ? "auto" : "hand")}
          data={[
            { value: "hand", label: t("desks.test_hand") },
            { value: "auto", label: t("desks.test_auto"), disabled: !mayAsk },
          ]}
        />
        {!mayAsk && <p className="quiet">{t(desk.operator ? "desks.test_seated" : "desks.test_no_auto")}</p>}
      </div>
      {busy && <Notice tone="note">{t(mayAsk && how === "auto" ? "desks.test_asks" : "desks.test_rings")}</Notice>}
      {failure !== null && <Notice tone="bad">{say(failure)}</Notice>}
      {found && (
        <>
          <Notice tone={found.well ? "talk" : "bad"}>
            <strong>{t(`desks.test_end.${report.end}`, { status: report.status })}</strong>
          </Notice>
          <ol className={css.findings}>
            {found.lines.map(({ key, tone, ...values }) => (
              <li key={key} data-tone={tone} data-finding={key}>
                {t(`desks.found.${key}`, { ...values })}
              </li>
            ))}
          </ol>
        </>
      )}
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onClose}>
          {t("common.close")}
        </Button>
        <Button data-autofocus aria-disabled={busy} leftSection={<IconPhoneCall size={17} aria-hidden />} onClick={() => !busy && void ring()}>
          {t(busy ? "desks.test_busy" : report ? "desks.test_again" : "desks.test_start")}
        </Button>
      </Group>
    </div>
  );
}
