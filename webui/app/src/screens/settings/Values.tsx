import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { SettingItem, SettingWant } from "../../api/types";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import page from "../../parts/page.module.css";
import { inWords, useProblemText } from "../../parts/useWords";
import { ConfirmChange } from "./ConfirmChange";
import css from "./settings.module.css";

const groups = ["data", "screen", "calls"] as const;

/** The numbers and switches that may be changed, each with the law's or the specification's word beside it. */
export function Values() {
  const { t } = useTranslation();
  const say = useProblemText();
  const { data, error } = useQuery({ queryKey: keys.settings, queryFn: kakeru.getSettings });
  const [wants, setWants] = useState<SettingWant[] | null>(null);
  return (
    <div className={page.stack} data-settings>
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {groups.map((group) => {
        const items = (data ?? []).filter((i) => i.group === group);
        return (
          items.length > 0 && (
            <Panel key={group} title={t(`settings.group.${group}`)}>
              <ul className={css.values}>
                {items.map((item) => (
                  <Value key={`${item.key} ${item.version}`} item={item} onWant={(want) => setWants([want])} />
                ))}
              </ul>
            </Panel>
          )
        );
      })}
      <ConfirmChange wants={wants} onClose={() => setWants(null)} onDone={() => setWants(null)} />
    </div>
  );
}

function Value({ item, onWant }: { item: SettingItem; onWant: (want: SettingWant) => void }) {
  const { t } = useTranslation();
  const held = item.kind === "switch" ? item.value === true : String(item.value);
  const [typed, setTyped] = useState(held);
  const number = Number(typed);
  const bad = item.kind === "number" && typed !== held && !(/^\d{1,5}$/.test(String(typed)) && number >= item.least && number <= item.most);
  const name = inWords(item.name);
  return (
    <li className={css.setting} data-setting={item.key}>
      <div className={css.about}>
        <strong>{name}</strong>
        <p>
          {inWords(item.basis)}
          {item.kind === "number" && <> {t("settings.range", { least: item.least, most: item.most, unit: inWords(item.unit) })}</>}
        </p>
        {!item.from_file && (
          <p data-changed>
            {t("settings.changed", { name: item.by_name || t("settings.command_line"), at: item.at ? dayAndTime(item.at, language()) : "", file: inWords(item.file_said) })}
          </p>
        )}
      </div>
      <form
        className={css.set}
        onSubmit={(e) => {
          e.preventDefault();
          onWant({ key: item.key, value: item.kind === "switch" ? typed : number, version: item.version });
        }}
      >
        {item.kind === "switch" ? (
          <SegmentedControl
            aria-label={name}
            value={typed ? "on" : "off"}
            onChange={(v) => setTyped(v === "on")}
            data={[
              { value: "off", label: t("settings.off") },
              { value: "on", label: t("settings.on") },
            ]}
          />
        ) : (
          <TextInput
            className={css.few}
            inputMode="numeric"
            aria-label={name}
            rightSection={<span className="quiet">{inWords(item.unit)}</span>}
            value={String(typed)}
            error={bad && t("settings.bounds", { least: item.least, most: item.most })}
            onChange={(e) => setTyped(e.currentTarget.value.trim())}
          />
        )}
        <Button type="submit" variant="default" disabled={bad || typed === held} aria-label={t("settings.next_of", { name })}>
          {t("settings.next")}
        </Button>
      </form>
    </li>
  );
}
