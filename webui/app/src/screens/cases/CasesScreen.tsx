import { TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { IconSearch } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { CaseList } from "./CaseList";
import { useCaseSearch } from "./useCaseSearch";

/** Finds cases. What is typed goes in the body of the request, never in the address. */
export function CasesScreen() {
  const { t } = useTranslation();
  const search = useCaseSearch();
  const navigate = useNavigate();
  return (
    <div className={page.page}>
      <h1 className={page.title}>{t("door.cases")}</h1>
      <TextInput
        size="md"
        autoFocus
        value={search.text}
        onChange={(e) => search.setText(e.currentTarget.value)}
        leftSection={<IconSearch size={18} aria-hidden />}
        placeholder={t("find.placeholder")}
        aria-label={t("find.title")}
        autoComplete="off"
      />
      <div className={`${parts.panel} ${page.tablePanel}`}>
        <CaseList search={search} action={t("find.open")} onChoose={(id) => void navigate({ to: "/cases/$id", params: { id } })} />
      </div>
    </div>
  );
}
