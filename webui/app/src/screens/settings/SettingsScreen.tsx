import { Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import page from "../../parts/page.module.css";
import { Changes } from "./Changes";
import { Rules } from "./Rules";
import { Values } from "./Values";

/** 設定: what may be changed while the centre works, and every change that was made. */
export function SettingsScreen() {
  const { t } = useTranslation();
  return (
    <div className={page.page}>
      <h1 className={page.title}>{t("door.settings")}</h1>
      <Tabs defaultValue="values" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="values">{t("settings.values")}</Tabs.Tab>
          <Tabs.Tab value="rules">{t("settings.rules")}</Tabs.Tab>
          <Tabs.Tab value="changes">{t("settings.changes")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="values" pt="md">
          <Values />
        </Tabs.Panel>
        <Tabs.Panel value="rules" pt="md">
          <Rules />
        </Tabs.Panel>
        <Tabs.Panel value="changes" pt="md">
          <div className={page.stack}>
            <Changes />
          </div>
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
