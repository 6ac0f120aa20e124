import { useTranslation } from "react-i18next";
import type { Problem } from "../../api/types";
import { language } from "../../i18n";
import { Empty } from "../../parts/Empty";
import parts from "../../parts/parts.module.css";
import { Chip } from "../../parts/Chip";

/** What is wrong, or was mended: the line, the column, and why. The cell itself is never shown. */
export function ProblemTable({ problems, none, all }: { problems: Problem[]; none: string; all: number }) {
  const { t } = useTranslation();
  if (problems.length === 0) return <Empty title={none} />;
  return (
    <>
      <table className={parts.table}>
        <thead>
          <tr>
            <th className={parts.number}>{t("lists.line")}</th>
            <th>{t("lists.column")}</th>
            <th>{t("lists.why")}</th>
            <th>{t("lists.effect")}</th>
          </tr>
        </thead>
        <tbody>
          {problems.map((p, i) => (
            <tr key={i}>
              <td className={parts.number}>{p.line > 0 ? p.line : t("lists.whole_file")}</td>
              <td className="nowrap">{p.column}</td>
              <td>{language() === "en" ? p.en : p.ja}</td>
              <td>{p.fatal ? <Chip tone="bad">{t("lists.left_out")}</Chip> : <Chip tone="still">{t("lists.taken")}</Chip>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {problems.length >= 200 && <p className="quiet">{t("lists.first_200", { all })}</p>}
    </>
  );
}
