import { useId } from "react";
import { useTranslation } from "react-i18next";
import { keepKeys } from "../../keys/keepKeys";
import { inboundKinds, kindKeys } from "../../keys/keymap";
import { Key } from "../../parts/Key";
import css from "../desk/desk.module.css";
import { chooseKind, type Draft } from "../desk/draft";

interface Props {
  draft: Draft;
  onChange: (draft: Draft) => void;
  error: string | undefined;
}

/** What a call that came in was. A complaint puts the business result beside it, from which the rest follows. */
export function InboundKinds({ draft, onChange, error }: Props) {
  const { t } = useTranslation();
  const said = useId();
  return (
    <div role="group" aria-label={t("inbound_kind.title")} aria-describedby={error ? said : undefined}>
      <div className={css.kinds}>
        <b aria-hidden>{t("inbound_kind.short")}</b>
        {inboundKinds.map((kind) => (
          <button
            key={kind}
            type="button"
            onMouseDown={keepKeys}
            className={css.pick}
            data-kind={kind}
            aria-pressed={draft.kind === kind}
            aria-keyshortcuts={kindKeys[kind]}
            onClick={() => onChange(chooseKind(draft, kind))}
          >
            <Key name={kindKeys[kind]} />
            <span>{t(`inbound_kind.${kind}`)}</span>
          </button>
        ))}
      </div>
      {error && (
        <p id={said} className={css.error} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

export default InboundKinds;
