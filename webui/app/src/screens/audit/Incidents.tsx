import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
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

// As many of those whose clocks run are whole at once. The others are opened by whoever wants them: each counts its reach in the record.
const wholeAtOnce = 3;

/** What happened to personal data, and until when what has to be done about it. What is not closed comes first. */
export function Incidents() {
  const { t } = useTranslation();
  const say = useProblemText();
  const mayWrite = useSession().user.role !== "ward";
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: keys.incidents,
    queryFn: ({ pageParam }) => kakeru.getIncidents(pageParam),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  const [reporting, setReporting] = useState(false);
  // One that was closed between two pages stands on both.
  const items = data && [...new Map(data.pages.flatMap((p) => p.items).map((i) => [i.id, i])).values()];
  const people = data?.pages[0]?.people ?? [];
  return (
    <div className={page.stack}>
      {error && <Notice tone="bad">{say(error)}</Notice>}
      {mayWrite && !reporting && (
        <div className={page.tools}>
          <Button leftSection={<IconAlertTriangle size={18} aria-hidden />} onClick={() => setReporting(true)}>
            {t("incident.report")}
          </Button>
        </div>
      )}
      {reporting && data && <IncidentForm people={people} onClose={() => setReporting(false)} />}
      {items?.length === 0 && !reporting && <Empty title={t("incident.none")}>{mayWrite && <p>{t("incident.none_hint")}</p>}</Empty>}
      {items?.map((i, n) => <IncidentCard key={i.id} line={i} people={people} whole={!i.closed && n < wholeAtOnce} mayWrite={mayWrite} />)}
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t("common.more")}
        </Button>
      )}
    </div>
  );
}
