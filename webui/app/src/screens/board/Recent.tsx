import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { AttemptTable } from "../attempts/AttemptTable";
import { useRecent } from "../desk/Previous";
import css from "./board.module.css";

/** The attempts of late, of both desks. */
export function Recent({ onOpen }: { onOpen: (id: string) => void }) {
  const { t } = useTranslation();
  const recent = useRecent().slice(0, 20);
  return (
    <Panel title={t("recent.title")} side={<Link to="/attempts">{t("recent.all")}</Link>} className={css.recent}>
      {recent.length === 0 ? <Empty title={t("recent.none")} /> : <AttemptTable attempts={recent} onOpen={onOpen} />}
    </Panel>
  );
}
