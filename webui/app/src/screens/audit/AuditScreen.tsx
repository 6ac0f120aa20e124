import { Tabs } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import page from "../../parts/page.module.css";
import { Incidents } from "./Incidents";
import { RecordPanel } from "./RecordPanel";
import { RecordSearch } from "./RecordSearch";

/** Who saw and changed what, whether that record is whole, and what is done about incidents. */
export function AuditScreen() {
  const { t } = useTranslation();
  const [tab, setTab] = useState<string | null>(location.hash === "#incidents" ? "incidents" : "record");
  return (
    <div className={page.page}>
      <h1 className={page.title}>{t("door.audit")}</h1>
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="record">{t("audit.record")}</Tabs.Tab>
          <Tabs.Tab value="incidents">{t("audit.incidents")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="record" pt="md">
          <div className={page.stack}>
            <RecordPanel />
            <RecordSearch />
          </div>
        </Tabs.Panel>
        <Tabs.Panel value="incidents" pt="md">
          <Incidents />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
