import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import { keys } from "../../live/apply";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import { useProblemText } from "../../parts/useWords";
import { IncidentCard } from "./IncidentCard";
import { IncidentForm } from "./IncidentForm";

/** What happened to personal data, and until when what has to be done about it. */
export function Incidents() {
  const { t } = useTranslation();
  const say = useProblemText();
  const mayWrite = useSession().user.role !== "ward";
  const { data, error } = useQuery({ queryKey: keys.incidents, queryFn: kakeru.getIncidents });
  const [editing, setEditing] = useState<number | "new" | null>(null);
  return (
    <div className={page.stack}>
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {mayWrite && editing !== "new" && (
        <div className={page.tools}>
          <Button leftSection={<IconAlertTriangle size={18} aria-hidden />} onClick={() => setEditing("new")}>
            {t("incident.report")}
          </Button>
        </div>
      )}
      {editing === "new" && data && <IncidentForm people={data.people} onClose={() => setEditing(null)} />}
      {data?.items.length === 0 && editing !== "new" && <Empty title={t("incident.none")}>{mayWrite && <p>{t("incident.none_hint")}</p>}</Empty>}
      {data?.items.map((i) =>
        editing === i.id ? (
          <IncidentForm key={i.id} of={i} people={data.people} onClose={() => setEditing(null)} />
        ) : (
          <IncidentCard key={i.id} of={i} onEdit={mayWrite ? () => setEditing(i.id) : undefined} />
        ),
      )}
    </div>
  );
}
