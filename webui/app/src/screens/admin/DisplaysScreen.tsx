import { Button, Modal, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { IconCopy, IconDeviceTv } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { Problem } from "../../api/problem";
import type { Display } from "../../api/types";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { serverNow } from "../../live/clock";
import { Chip } from "../../parts/Chip";
import { copyText } from "../../parts/copy";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import css from "./displays.module.css";

/** The screens on the wall: made with a code that is shown once, and revoked. */
export function DisplaysScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const { data: list, error } = useQuery({ queryKey: keys.displays, queryFn: kakeru.getDisplays, refetchInterval: 10_000 });
  const [adding, setAdding] = useState(false);
  const [refusal, setRefusal] = useState<unknown>(null);

  async function revoke(id: string) {
    setRefusal(null);
    await kakeru.revokeDisplay(id).catch(setRefusal);
    void client.invalidateQueries({ queryKey: keys.displays });
  }

  return (
    <div className={page.page}>
      <div className={page.tools}>
        <h1 className={page.title} style={{ marginInlineEnd: "auto" }}>
          {t("door.displays")}
        </h1>
        <Button leftSection={<IconDeviceTv size={18} aria-hidden />} onClick={() => setAdding(true)}>
          {t("displays.add")}
        </Button>
      </div>
      <p className={page.lead}>{t("displays.lead")}</p>
      {(error ?? refusal) !== null && <Notice tone="bad">{say(error ?? refusal)}</Notice>}
      <div className={`${parts.panel} ${page.tablePanel}`}>
        {list?.length === 0 ? (
          <Empty title={t("displays.none")} />
        ) : (
          <table className={parts.table}>
            <thead>
              <tr>
                <th>{t("displays.name")}</th>
                <th>{t("displays.state")}</th>
                <th>{t("displays.made")}</th>
                <th>
                  <span className="visually-hidden">{t("displays.revoke")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {(list ?? []).map((d) => (
                <tr key={d.id} data-display={d.name}>
                  <td>{d.name}</td>
                  <td>
                    <State of={d} />
                  </td>
                  <td>
                    {d.made_by_name} <span className="quiet nowrap">{dayAndTime(d.made_at, language())}</span>
                  </td>
                  <td style={{ textAlign: "end" }}>{!d.revoked_at && <Revoke name={d.name} onSure={() => void revoke(d.id)} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
      {adding && (
        <AddDisplay
          onClose={() => {
            setAdding(false);
            void client.invalidateQueries({ queryKey: keys.displays });
          }}
        />
      )}
    </div>
  );
}

function State({ of }: { of: Display }) {
  const { t } = useTranslation();
  const at = (when: string) => dayAndTime(when, language());
  if (of.revoked_at)
    return (
      <>
        <Chip tone="still">{t("displays.revoked")}</Chip> <span className="quiet">{t("displays.revoked_at", { name: of.revoked_by_name, at: at(of.revoked_at) })}</span>
      </>
    );
  if (of.opened_at)
    return (
      <>
        <Chip tone="talk">{t("displays.shown")}</Chip> <span className="quiet">{t("displays.opened", { at: at(of.opened_at) })}</span>
      </>
    );
  if (Date.parse(of.code_until) < serverNow()) return <Chip tone="still">{t("displays.late")}</Chip>;
  return <Chip tone="wait">{t("displays.waiting", { at: at(of.code_until) })}</Chip>;
}

/** Revoking asks once more: the screen goes dark at once. */
function Revoke({ name, onSure }: { name: string; onSure: () => void }) {
  const { t } = useTranslation();
  const [sure, setSure] = useState(false);
  return (
    <Button
      size="compact-sm"
      color={sure ? "red" : undefined}
      variant={sure ? "filled" : "default"}
      aria-label={sure ? undefined : t("displays.revoke_of", { name })}
      onClick={() => (sure ? onSure() : setSure(true))}
      onBlur={() => setSure(false)}
    >
      {sure ? t("displays.revoke_sure") : t("displays.revoke")}
    </Button>
  );
}

/** A new screen: first where it hangs, then its code, once. */
function AddDisplay({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [name, setName] = useState("");
  const [code, setCode] = useState<string | null>(null);
  const [copied, setCopied] = useState<boolean | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const wrong = failure instanceof Problem ? failure.fields(language()) : {};
  const where = `${location.origin}/wall`;
  async function make() {
    if (!name.trim()) return;
    setFailure(null);
    try {
      setCode((await kakeru.makeDisplay(name.trim())).code);
    } catch (error) {
      setFailure(error);
    }
  }
  const copy = (text: string) => void copyText(text).then(setCopied);
  return (
    <Modal opened onClose={onClose} title={t(code ? "displays.code_title" : "displays.add")} closeOnClickOutside={!code} closeButtonProps={{ "aria-label": t("common.close") }}>
      {code ? (
        <div className={css.made}>
          <p>{t("displays.code_lead")}</p>
          <dl>
            <dt>{t("displays.where")}</dt>
            <dd>{where}</dd>
            <dt>{t("displays.code")}</dt>
            <dd className={css.code} data-code>
              {code}
            </dd>
          </dl>
          <div className={css.copies}>
            <Button variant="default" leftSection={<IconCopy size={16} aria-hidden />} onClick={() => copy(code)}>
              {t("displays.copy_code")}
            </Button>
            <Button variant="default" leftSection={<IconCopy size={16} aria-hidden />} onClick={() => copy(`${where}#${code}`)}>
              {t("displays.copy_link")}
            </Button>
          </div>
          <p role="status" className="quiet">
            {copied === null ? "" : t(copied ? "displays.copied" : "displays.not_copied")}
          </p>
          <Button fullWidth onClick={onClose}>
            {t("displays.done")}
          </Button>
        </div>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void make();
          }}
        >
          <TextInput
            data-autofocus
            label={t("displays.name")}
            description={t("displays.name_hint")}
            value={name}
            maxLength={40}
            error={wrong.name}
            onChange={(e) => setName(e.currentTarget.value)}
          />
          {failure !== null && Object.keys(wrong).length === 0 && <Notice tone="bad">{say(failure)}</Notice>}
          <Button type="submit" fullWidth mt="md" disabled={!name.trim()}>
            {t("displays.add")}
          </Button>
        </form>
      )}
    </Modal>
  );
}
