import { Button, Checkbox, Group, Modal, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { Problem } from "../../api/problem";
import type { ScriptIn, ScriptPage, Situation } from "../../api/types";
import { language } from "../../i18n";
import { Notice } from "../../parts/Notice";
import { useProblemText } from "../../parts/useWords";

const languages = ["ja", "en", "zh", "vi"] as const;
const situations: Situation[] = [
  "before_call", "self", "family", "third_party", "voicemail", "inbound_known", "inbound_withheld", "promise", "hardship", "knowledge",
];

interface Props {
  of: ScriptPage | "new" | null;
  onClose: () => void;
  onDrafted: (page: ScriptPage) => void;
}

/** Writes a page's next version. */
export function DraftForm({ of, onClose, onDrafted }: Props) {
  const { t } = useTranslation();
  return (
    <Modal opened={of !== null} onClose={onClose} size="lg" title={t(of === "new" ? "scripts.new" : "scripts.edit")} closeButtonProps={{ "aria-label": t("common.close") }}>
      {of !== null && <Form key={of === "new" ? "new" : of.id} page={of === "new" ? null : of} onDrafted={onDrafted} />}
    </Modal>
  );
}

function Form({ page, onDrafted }: { page: ScriptPage | null; onDrafted: (page: ScriptPage) => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [draft, setDraft] = useState<ScriptIn>({
    key: page?.key ?? "", language: page?.language ?? "ja", title: page?.title ?? "", body: page?.body ?? "", situations: page?.situations ?? [],
  });
  const [failure, setFailure] = useState<unknown>(null);
  const wrong = failure instanceof Problem ? failure.fields(language()) : {};
  const change = (more: Partial<ScriptIn>) => setDraft((d) => ({ ...d, ...more }));
  async function save() {
    setFailure(null);
    try {
      onDrafted(await kakeru.draftScript(draft));
    } catch (error) {
      setFailure(error);
    }
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Stack gap="sm">
        <TextInput label={t("scripts.key")} value={draft.key} error={wrong.key} disabled={page !== null} onChange={(e) => change({ key: e.currentTarget.value })} />
        <Select
          label={t("scripts.language")}
          allowDeselect={false}
          value={draft.language}
          error={wrong.language}
          onChange={(l) => l && change({ language: l })}
          data={languages.map((l) => ({ value: l, label: t(`scripts.languages.${l}`) }))}
        />
        <TextInput data-autofocus label={t("scripts.title")} value={draft.title} error={wrong.title} onChange={(e) => change({ title: e.currentTarget.value })} />
        <Textarea
          autosize
          minRows={6}
          maxRows={16}
          label={t("scripts.body")}
          description={t("scripts.body_hint")}
          value={draft.body}
          error={wrong.body}
          onChange={(e) => change({ body: e.currentTarget.value })}
        />
        <Checkbox.Group label={t("scripts.situations")} value={draft.situations} error={wrong.situations} onChange={(s) => change({ situations: s as Situation[] })}>
          <Group gap="sm" mt={4}>
            {situations.map((s) => (
              <Checkbox key={s} value={s} label={t(`scripts.situation.${s}`)} />
            ))}
          </Group>
        </Checkbox.Group>
        {failure !== null && Object.keys(wrong).length === 0 && <Notice tone="bad">{say(failure)}</Notice>}
        <Button type="submit">{t("scripts.save")}</Button>
      </Stack>
    </form>
  );
}
