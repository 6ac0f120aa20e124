import { Modal } from "@mantine/core";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { useAttempt, useCase, useSession } from "../../api/hooks";
import type { Command } from "../../keys/keymap";
import { draftOf } from "./draft";
import { obeyInForm } from "./formCommands";
import { ResultForm } from "./ResultForm";
import { useDeskKeys } from "./useDeskKeys";
import { proposedDraft, useResult } from "./useResult";

/** A result given later, or corrected: it is written beside the earlier one, never over it. */
export function CorrectResult({ attempt, onClose }: { attempt: string | null; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={attempt !== null}
      onClose={onClose}
      size="lg"
      title={t("form.correct_title")}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      {attempt && <Form attempt={attempt} onDone={onClose} />}
    </Modal>
  );
}

function Form({ attempt, onDone }: { attempt: string; onDone: () => void }) {
  const { t } = useTranslation();
  const me = useSession().user.id;
  const form = useRef<HTMLFormElement>(null);
  const { data: known } = useAttempt(attempt);
  const { data: page } = useCase(known?.case_id);
  const proposed = proposedDraft(page?.case);
  const result = useResult(me, attempt, known?.entry ? draftOf(known.entry, proposed) : proposed, onDone);
  const obey = (command: Command) => obeyInForm(command, form.current, result);
  useDeskKeys("wrap_up", false, obey);
  if (!known || !page) return null;
  return (
    <ResultForm
      root={form}
      draft={result.draft}
      balances={page.case.balances}
      confirming={result.confirming}
      cameIn={known.direction === "inbound"}
      onChange={result.change}
      onParty={(party) => obey({ do: "party", party })}
      onBusiness={(business) => obey({ do: "business", business })}
      onSave={() => void result.save()}
      saveLabel={t("form.save_only")}
      obstacle=""
      saving={result.saving}
      errors={result.errors}
      problem={result.problem}
    />
  );
}
