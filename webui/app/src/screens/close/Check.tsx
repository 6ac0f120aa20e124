import { IconAlertTriangle, IconCircleCheck, IconInfoCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { CheckItem } from "../../api/types";

/** One line of what must be so, or is to be known, before a close. */
export function Check({ item }: { item: CheckItem }) {
  const { t } = useTranslation();
  const bad = !item.ok && item.blocks;
  const Icon = bad ? IconAlertTriangle : item.ok && item.n === 0 ? IconCircleCheck : IconInfoCircle;
  return (
    <li data-check={item.name} data-bad={bad || undefined}>
      <Icon size={18} aria-hidden />
      <span>
        {t(`close_check.${item.name as CheckName}`, { count: item.n })}
        {bad && <b> {t(`close_remedy.${item.name as Remedy}`)}</b>}
      </span>
    </li>
  );
}

type Remedy = "open_calls" | "results_due" | "spool" | "lists";
type CheckName = Remedy | "lists_read" | "handoffs_unseen" | "days_without" | "entries_waiting" | "numbers_waiting" | "handoffs_open" | "handoffs_go_open";
