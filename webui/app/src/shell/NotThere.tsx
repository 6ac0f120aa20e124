import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Empty } from "../parts/Empty";

/** An address that leads nowhere, or to a screen of another role. */
export function NotThere() {
  const { t } = useTranslation();
  return (
    <Empty title={t("shell.not_there")}>
      <Link to="/">{t("shell.go_home")}</Link>
    </Empty>
  );
}
