import { Button, Select, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../../api/problem";
import * as kakeru from "../../api/kakeru";
import type { ListColumn } from "../../api/types";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Chip } from "../../parts/Chip";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import css from "./lists.module.css";

interface Props {
  name: string;
  columns: (ListColumn & { new?: boolean })[];
  /** Columns that the source had, and the list at hand has not. */
  gone?: string[];
  onSaved: () => void;
}

/** The columns of a source's lists beside the fields they mean: assigned by a person, and saved as the source's next version. */
export function ColumnsForm({ name, columns, gone = [], onSaved }: Props) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const { data } = useQuery({ queryKey: keys.listSources, queryFn: kakeru.getListSources });
  const [source, setSource] = useState(name);
  const [fields, setFields] = useState(() => columns.map((c) => c.field));
  const [failure, setFailure] = useState<unknown>(null);
  const wrong = failure instanceof Problem ? failure.fields(language()) : {};

  async function save() {
    setFailure(null);
    try {
      await kakeru.saveListSource({ name: source, columns: columns.map((c, i) => ({ name: c.name, field: fields[i]! })) });
      void client.invalidateQueries({ queryKey: keys.listSources });
      onSaved();
    } catch (error) {
      setFailure(error);
    }
  }

  return (
    <Panel title={t("sources.columns")}>
      <form
        data-columns
        className={css.columns}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <p className="quiet">{t("sources.lead")}</p>
        {gone.length > 0 && <Notice tone="wait">{t("sources.gone", { names: gone.join("、") })}</Notice>}
        <table className={parts.table}>
          <thead>
            <tr>
              <th>{t("sources.column")}</th>
              <th>{t("sources.field")}</th>
            </tr>
          </thead>
          <tbody>
            {columns.map((c, i) => (
              <tr key={c.name}>
                <td>
                  {c.name} {c.new && <Chip tone="wait">{t("sources.new")}</Chip>}
                </td>
                <td>
                  <Select
                    size="xs"
                    aria-label={t("sources.field_of", { name: c.name })}
                    value={fields[i]!}
                    error={wrong[`columns[${i}].field`] ?? wrong[`columns[${i}].name`]}
                    allowDeselect={false}
                    onChange={(f) => f !== null && setFields((all) => all.map((old, at) => (at === i ? (f as ListColumn["field"]) : old)))}
                    data={[
                      { value: "", label: t("sources.not_taken") },
                      ...(data?.fields ?? []).map((f) => ({ value: f.field, label: f.required ? t("sources.required", { name: f.name }) : f.name })),
                    ]}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <TextInput label={t("sources.name")} description={t("sources.name_hint")} value={source} error={wrong.name} onChange={(e) => setSource(e.currentTarget.value)} />
        {failure !== null && <Notice tone="bad">{wrong.columns ?? say(failure)}</Notice>}
        <Button type="submit" style={{ alignSelf: "flex-start" }}>
          {t("sources.save")}
        </Button>
      </form>
    </Panel>
  );
}
