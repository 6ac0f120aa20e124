import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { yen } from "../../format/yen";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import type { CaseSearch } from "./useCaseSearch";
import { inWords } from "../../parts/useWords";

interface Props {
  search: CaseSearch;
  action: string;
  onChoose: (id: string) => void;
}

/** What a search found. */
export function CaseList({ search, action, onChoose }: Props) {
  const { t } = useTranslation();
  const say = useProblemText();
  if (search.error) return <Notice tone="bad">{say(search.error)}</Notice>;
  if (search.tooShort) return <Empty title={t("find.type")} />;
  if (search.items.length === 0) return search.settled ? <Empty title={t("find.nothing")} /> : <Empty title={t("find.searching")} />;
  return (
    <table className={parts.table} style={{ marginTop: "0.8rem" }}>
      <thead>
        <tr>
          <th>{t("case.ward_number")}</th>
          <th>{t("case.name")}</th>
          <th className={parts.number}>{t("case.total")}</th>
          <th>{t("queue.why")}</th>
          <th>
            <span className="visually-hidden">{action}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {search.items.map((item) => (
          <tr key={item.case_id} data-case={item.case_id}>
            <td className="digits nowrap">{item.ward_number}</td>
            <td className="nowrap">{item.name}</td>
            <td className={parts.number}>{item.balance_yen === null ? t("identity.hidden_short") : yen(item.balance_yen)}</td>
            <td className="quiet">{inWords({ ja: item.why, en: item.why_en })}</td>
            <td style={{ textAlign: "end" }}>
              <Button size="compact-sm" variant="default" onClick={() => onChoose(item.case_id)}>
                {action}
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
