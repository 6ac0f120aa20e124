import { Button, Group, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { SettingItem, SettingLine, SettingWant } from "../../api/types";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { inWords, useProblemText } from "../../parts/useWords";
import { ConfirmChange } from "./ConfirmChange";
import css from "./settings.module.css";

const key = "queue.rules";
const fewestRows = 14;

/** The rules of the queue as a text, with the versions before it. */
export function Rules() {
  const say = useProblemText();
  const { data, error } = useQuery({ queryKey: keys.settings, queryFn: kakeru.getSettings });
  const { data: former } = useQuery({ queryKey: [...keys.settingChanges, key], queryFn: () => kakeru.getSettingChanges(0, key) });
  const item = data?.find((i) => i.key === key);
  return (
    <div className={page.stack}>
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {item && <Editor key={item.version} item={item} former={former?.items ?? []} />}
    </div>
  );
}

function Editor({ item, former }: { item: SettingItem; former: SettingLine[] }) {
  const { t } = useTranslation();
  const held = String(item.value ?? "");
  const [text, setText] = useState(held);
  const [wants, setWants] = useState<SettingWant[] | null>(null);
  const lines = Math.max(fewestRows, text.split("\n").length + 1);
  return (
    <>
      <Panel title={inWords(item.name)}>
        <form
          className={css.column}
          data-rules
          onSubmit={(e) => {
            e.preventDefault();
            setWants([{ key, value: text, version: item.version }]);
          }}
        >
          <p className="quiet" style={{ margin: 0 }}>
            {inWords(item.basis)}
          </p>
          <div className={css.editor}>
            <pre aria-hidden>{Array.from({ length: lines }, (_, i) => i + 1).join("\n")}</pre>
            <Textarea
              aria-label={t("settings.rules_text")}
              classNames={{ root: css.grow, input: css.code }}
              wrap="off"
              spellCheck={false}
              rows={lines}
              value={text}
              placeholder={t("settings.rules_none")}
              onChange={(e) => setText(e.currentTarget.value)}
            />
          </div>
          <Group gap="sm">
            <Button type="submit" disabled={text === held}>
              {t("settings.check")}
            </Button>
            <Button variant="default" disabled={text === held} onClick={() => setText(held)}>
              {t("settings.rules_back")}
            </Button>
            {text.trim() === "" && item.sample && (
              <Button variant="default" onClick={() => setText(item.sample!)}>
                {t("settings.rules_sample")}
              </Button>
            )}
          </Group>
        </form>
      </Panel>
      {former.length > 0 && (
        <Panel title={t("settings.versions")}>
          <table className={parts.table} data-versions>
            <thead>
              <tr>
                <th>{t("settings.number")}</th>
                <th>{t("settings.at")}</th>
                <th>{t("settings.by")}</th>
                <th>{t("settings.after")}</th>
                <th>{t("settings.why")}</th>
                <th>
                  <span className="visually-hidden">{t("settings.put_in")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {former.map((line) => (
                <tr key={line.id}>
                  <td className={parts.number}>{line.id}</td>
                  <td className="digits">{dayAndTime(line.at, language())}</td>
                  <td>{line.by_name || t("settings.command_line")}</td>
                  <td>{inWords(line.after)}</td>
                  <td className={css.reason}>{line.reason}</td>
                  <td style={{ textAlign: "end" }}>
                    <Button size="compact-sm" variant="default" disabled={line.text === text} aria-label={t("settings.put_in_of", { id: line.id })} onClick={() => setText(line.text ?? "")}>
                      {t("settings.put_in")}
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
      )}
      <ConfirmChange wants={wants} onClose={() => setWants(null)} onDone={() => setWants(null)} />
    </>
  );
}
