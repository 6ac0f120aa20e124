import { Modal } from "@mantine/core";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { useAttempt, useCase, useSession } from "../../api/hooks";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import type { Command } from "../../keys/keymap";
import { useBeside } from "../../shell/useBeside";
import css from "./desk.module.css";
import { draftOf } from "./draft";
import { obeyInForm } from "./formCommands";
import { ResultForm } from "./ResultForm";
import { useDeskKeys } from "./useDeskKeys";
import { proposedDraft, useResult } from "./useResult";

const focusNow = (it: HTMLElement | null) => it?.focus();

/** A result given later, or corrected: it is written beside the earlier one, never over it. */
export function CorrectResult({ attempt, onClose }: { attempt: string | null; onClose: () => void }) {
  const { t } = useTranslation();
  const beside = useBeside();
  return (
    <Modal
      {...beside}
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
  const { data: read, isFetching } = useAttempt(attempt);
  // What was read while the result was owed knows nothing of it: then the newest is awaited, or a form without it would be corrected.
  const known = read?.entry || !isFetching ? read : undefined;
  const { data: page } = useCase(known?.case_id);
  const proposed = proposedDraft(page?.case);
  const result = useResult(me, attempt, known?.entry ? draftOf(known.entry, proposed) : proposed, onDone);
  const ready = !!known && !!page;
  const obey = (command: Command) => ready && obeyInForm(command, form.current, result);
  useDeskKeys("wrap_up", false, obey);
  if (!known || !page) return null;
  return (
    // Not the button that closes it: its Enter would.
    <div ref={focusNow} tabIndex={-1} data-autofocus className={css.correct}>
      <p className={css.correctOf}>
        <b>{page.case.name || t("case.no_name")}</b> <span className="digits">{page.case.ward_number}</span>
        <span className="quiet">
          {dayAndTime(known.started_at, language())} {t(`direction.${known.direction}`)}
        </span>
      </p>
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
    </div>
  );
}
