import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { OpenSession } from "../../api/types";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import { Chip } from "../../parts/Chip";
import parts from "../../parts/parts.module.css";

/** Where people are signed in, the last used first. */
export function SessionTable({ list, names, onEnd }: { list: OpenSession[]; names?: boolean; onEnd: (id: string) => void }) {
  const { t } = useTranslation();
  return (
    <table className={parts.table}>
      <thead>
        <tr>
          {names && <th>{t("users.name")}</th>}
          <th>{t("account.browser")}</th>
          <th>{t("account.address")}</th>
          <th>{t("account.since")}</th>
          <th>{t("account.seen")}</th>
          <th>
            <span className="visually-hidden">{t("account.end")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {list.map((s) => (
          <tr key={s.id}>
            {names && <td>{s.name}</td>}
            <td>{s.browser || t("account.unknown_browser")}</td>
            <td>
              <code>{s.address}</code>
            </td>
            <td>{dayAndTime(s.created_at, language())}</td>
            <td>{dayAndTime(s.seen_at, language())}</td>
            <td style={{ textAlign: "end" }}>
              {s.here ? (
                <Chip tone="note">{t("account.here")}</Chip>
              ) : (
                <Button size="compact-sm" variant="default" onClick={() => onEnd(s.id)}>
                  {t("account.end")}
                </Button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
