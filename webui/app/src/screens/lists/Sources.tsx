import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Panel } from "../../parts/Panel";
import parts from "../../parts/parts.module.css";
import { ColumnsForm } from "./ColumnsForm";

/** Where lists come from whose columns have names of their own; whoever may saves what they mean anew. */
export function Sources() {
  const { t } = useTranslation();
  const mayMend = useSession().user.role !== "ward";
  const [open, setOpen] = useState<string | null>(null);
  const { data } = useQuery({ queryKey: keys.listSources, queryFn: kakeru.getListSources });
  if (!data || data.items.length === 0) return null;
  const mended = data.items.find((s) => s.name === open);
  return (
    <>
      <Panel title={t("sources.title")}>
        <table className={parts.table} data-sources>
          <thead>
            <tr>
              <th>{t("sources.name")}</th>
              <th className={parts.number}>{t("sources.version")}</th>
              <th className={parts.number}>{t("sources.taken")}</th>
              <th>{t("sources.by")}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {data.items.map((s) => (
              <tr key={s.name}>
                <td>{s.name}</td>
                <td className={parts.number}>{s.version}</td>
                <td className={parts.number}>
                  {s.columns.filter((c) => c.field !== "").length} / {s.columns.length}
                </td>
                <td>
                  {s.by_name} {dayAndTime(s.at, language())}
                </td>
                <td>
                  {mayMend && (
                    <Button size="compact-sm" variant="default" onClick={() => setOpen(s.name === open ? null : s.name)}>
                      {t("sources.mend")}
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
      {mended && <ColumnsForm key={mended.name + mended.version} name={mended.name} columns={mended.columns} onSaved={() => setOpen(null)} />}
    </>
  );
}
