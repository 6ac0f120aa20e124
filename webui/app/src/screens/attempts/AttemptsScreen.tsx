import { Button, Select, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDesks } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import { addDays, tokyoDate } from "../../format/time";
import { keys } from "../../live/apply";
import { serverNow } from "../../live/clock";
import { Empty } from "../../parts/Empty";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import { AttemptDrawer } from "./AttemptDrawer";
import { AttemptTable } from "./AttemptTable";

/** All attempts of a span of days. */
export function AttemptsScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const { data: desks } = useDesks();
  const today = tokyoDate(serverNow());
  const [from, setFrom] = useState(today);
  const [to, setTo] = useState(today);
  const [desk, setDesk] = useState("");
  const [opened, setOpened] = useState<string | null>(null);
  const valid = from !== "" && to !== "" && from <= to;
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: [...keys.attempts, from, to, desk],
    queryFn: ({ pageParam }) =>
      kakeru.getAttempts({
        from: `${from}T00:00:00+09:00`,
        to: `${addDays(to, 1)}T00:00:00+09:00`,
        ...(desk ? { desk } : {}),
        ...(pageParam ? { cursor: pageParam } : {}),
      }),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor || undefined,
    enabled: valid,
  });
  const attempts = data?.pages.flatMap((p) => p.items ?? []) ?? [];
  return (
    <div className={page.page}>
      <h1 className={page.title}>{t("door.attempts")}</h1>
      <div className={page.tools}>
        <TextInput type="date" label={t("attempts.from")} value={from} max={to} onChange={(e) => setFrom(e.currentTarget.value)} />
        <TextInput type="date" label={t("attempts.to")} value={to} min={from} max={today} onChange={(e) => setTo(e.currentTarget.value)} />
        <Select
          label={t("attempt.desk")}
          value={desk}
          allowDeselect={false}
          onChange={(d) => setDesk(d ?? "")}
          data={[{ value: "", label: t("attempts.all_desks") }, ...(desks ?? []).map((d) => ({ value: d.id, label: d.name }))]}
        />
      </div>
      {!valid && <Notice tone="wait">{t("attempts.bad_span")}</Notice>}
      {error && <Notice tone="bad">{say(error)}</Notice>}
      <div className={`${parts.panel} ${page.tablePanel}`}>
        {attempts.length > 0 ? (
          <AttemptTable attempts={attempts} onOpen={setOpened} />
        ) : (
          !isPending && <Empty title={t("attempts.none")} />
        )}
      </div>
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t("common.more")}
        </Button>
      )}
      <AttemptDrawer id={opened} onClose={() => setOpened(null)} />
    </div>
  );
}
