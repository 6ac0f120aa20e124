import { Button, Checkbox, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { keepKeys } from "../../keys/keepKeys";
import { Key } from "../../parts/Key";
import css from "../desk/desk.module.css";
import { asksDoNotCall, type Draft, languages, passedOn } from "../desk/draft";
import more from "./talk.module.css";

interface Props {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
  errors: Record<string, string>;
}

/** What a result leads to, in more words: what the ward is told, which language is spoken, whether the number is called again. */
export default function ResultMore({ draft, set, errors }: Props) {
  const { t } = useTranslation();
  const kinds = passedOn(draft.business);
  const told = draft.told ?? {};
  return (
    <>
      {kinds.map((kind, i) => (
        <TextInput
          key={kind}
          size="sm"
          label={
            <span className={css.label}>
              {t("told.to_ward", { kind: t(`handoff_kind.${kind}`) })} {i === 0 && <Key name="F6" />}
            </span>
          }
          aria-label={t("told.to_ward", { kind: t(`handoff_kind.${kind}`) })}
          data-more={i === 0 ? "told" : undefined}
          data-told={kind}
          aria-keyshortcuts={i === 0 ? "F6" : undefined}
          autoComplete="off"
          maxLength={2000}
          placeholder={t(`told.hint.${kind}`)}
          value={told[kind] ?? ""}
          error={i === 0 && errors.handoffs}
          description={kind === "complaint" && !told[kind]?.trim() && t("told.complaint")}
          onChange={(e) => set({ told: { ...told, [kind]: e.currentTarget.value } })}
        />
      ))}
      {draft.business.includes("language") && <Spoken spoken={draft.spoken ?? ""} onSpoken={(spoken) => set({ spoken })} />}
      {asksDoNotCall(draft.business) && (
        <Checkbox
          size="sm"
          data-more="do_not_call"
          aria-keyshortcuts="F9"
          label={
            <span className={css.label}>
              {t("told.do_not_call")} <Key name="F9" />
            </span>
          }
          error={errors.do_not_call}
          checked={draft.doNotCall ?? false}
          onChange={(e) => set({ doNotCall: e.currentTarget.checked })}
        />
      )}
    </>
  );
}

function Spoken({ spoken, onSpoken }: { spoken: string; onSpoken: (language: string) => void }) {
  const { t } = useTranslation();
  const next = languages[(languages.findIndex((l) => l === spoken) + 1) % languages.length]!;
  return (
    <div className={css.controls} role="group" aria-label={t("told.language")}>
      <span className={more.legend}>{t("told.language")}</span>
      {languages.map((l) => (
        <Button
          key={l}
          size="compact-sm"
          variant={spoken === l ? "filled" : "default"}
          aria-pressed={spoken === l}
          data-language={l}
          onMouseDown={keepKeys}
          onClick={() => onSpoken(spoken === l ? "" : l)}
        >
          {t(`told.languages.${l}`)}
        </Button>
      ))}
      <Button
        size="compact-sm"
        variant="subtle"
        data-more="next_language"
        aria-keyshortcuts="F8"
        rightSection={<Key name="F8" />}
        onMouseDown={keepKeys}
        onClick={() => onSpoken(next)}
      >
        {t("told.next_language")}
      </Button>
    </div>
  );
}
