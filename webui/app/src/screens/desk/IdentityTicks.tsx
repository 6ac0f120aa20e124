import { IconLock } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Identifier, Identity } from "../../api/types";
import { keepKeys } from "../../keys/keepKeys";
import type { Party } from "../../keys/keymap";
import { Key } from "../../parts/Key";
import css from "./desk.module.css";
import { mayBeThePerson } from "./useIdentity";

interface Props {
  check: Identity;
  ticks: readonly Identifier[];
  party: Party | "";
  /** Absent while nobody is there to ask. */
  onTick: ((it: Identifier) => void) | undefined;
  problem: string;
}

/** 本人確認: what has to be ticked off before the debt is shown, one key each. */
export function IdentityTicks({ check, ticks, party, onTick, problem }: Props) {
  const { t } = useTranslation();
  const missing = check.needed - ticks.length;
  const other = !mayBeThePerson(party);
  return (
    <div className={css.identity} data-shown={check.shown || undefined}>
      {!check.shown && (
        <p className={css.identityWhy}>
          <IconLock size={16} aria-hidden />
          <span>{t(other ? "identity.others" : onTick ? "identity.ask" : "identity.hidden")}</span>
        </p>
      )}
      {onTick && (
        <div className={css.ticks} role="group" aria-label={t("identity.title")}>
          {check.allowed.map((it, i) => (
            <button
              key={it}
              type="button"
              onMouseDown={keepKeys}
              className={css.pick}
              data-tick={it}
              aria-pressed={ticks.includes(it)}
              aria-keyshortcuts={`Shift+${i + 1}`}
              disabled={other}
              onClick={() => onTick(it)}
            >
              <Key name={`⇧${i + 1}`} />
              <span>{t(`identity.by.${it}`)}</span>
            </button>
          ))}
        </div>
      )}
      <p className="quiet" role="status">
        {problem || (onTick && !other && !check.shown && ticks.length > 0 && missing > 0 ? t("identity.missing", { count: missing }) : "")}
      </p>
    </div>
  );
}
