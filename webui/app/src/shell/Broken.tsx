import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import page from "../parts/page.module.css";

/** Stands where a screen should that could not be drawn, or not be fetched. What stands around it goes on. */
export function Broken() {
  const { t } = useTranslation();
  return (
    <div className={page.page} role="alert">
      <h1 className={page.title}>{t("shell.broken")}</h1>
      <p className={page.lead}>{t("shell.goes_on")}</p>
      <div>
        <Button onClick={() => location.reload()}>{t("shell.reload")}</Button>
      </div>
    </div>
  );
}
