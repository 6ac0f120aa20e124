import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { day } from "../../format/time";
import { language } from "../../i18n";
import { keepKeys } from "../../keys/keepKeys";
import { keys } from "../../live/apply";
import { Key } from "../../parts/Key";
import css from "./desk.module.css";

/** Says that banks are closed on a promise's date, and offers the next day on which they are open by one key. */
export function BankDay({ on, onMove }: { on: string; onMove: (day: string) => void }) {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: keys.bankDay(on),
    queryFn: () => kakeru.getBankDay(on),
    enabled: /^\d{4}-\d{2}-\d{2}$/.test(on),
    staleTime: Infinity,
    retry: false,
  });
  if (!data || data.open) return null;
  return (
    <div className={css.bankDay} role="status">
      <span>{t("form.not_banking", { why: data.why })}</span>
      <Button size="compact-sm" variant="light" data-promise="next_bank_day" aria-keyshortcuts="." onMouseDown={keepKeys} rightSection={<Key name="." />} onClick={() => onMove(data.next)}>
        {t("form.next_bank_day", { day: day(`${data.next}T12:00:00+09:00`, language()) })}
      </Button>
    </div>
  );
}
