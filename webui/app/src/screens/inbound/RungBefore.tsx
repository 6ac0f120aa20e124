import { IconPhoneOutgoing } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useCaller } from "../../api/hooks";
import type { Rung } from "../../api/types";
import { dayAndTime, timeOfDay, tokyoDate } from "../../format/time";
import { language } from "../../i18n";
import { serverNow } from "../../live/clock";
import css from "../desk/desk.module.css";

/** When we last rang whoever calls, for each case that has the number: callers who answer a call of ours are told at once. */
export function RungBefore({ call }: { call: string }) {
  const { t } = useTranslation();
  const { data: caller } = useCaller(call);
  const rung = caller?.cases.filter((c) => c.rung) ?? [];
  if (rung.length === 0) return null;
  return (
    <ul className={css.rung} aria-label={t("rung.title")}>
      {rung.map((c) => (
        <li key={c.id} data-rung={c.id}>
          <IconPhoneOutgoing size={16} aria-hidden />
          <span>
            {caller!.cases.length > 1 && <b>{t("rung.of", { name: c.name || t("incoming.unnamed") })}</b>}
            <RungLine rung={c.rung!} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function RungLine({ rung }: { rung: Rung }) {
  const { t } = useTranslation();
  const today = tokyoDate(Date.parse(rung.at)) === tokyoDate(serverNow());
  const what = [
    t(`result.${rung.result}`),
    rung.party && t(`party.${rung.party}`),
    ...rung.business_results.map((b) => t(`business.${b}`)),
    rung.origin === "manual" && t("origin.manual"),
  ].filter(Boolean);
  return (
    <>
      {t("rung.at", { at: today ? timeOfDay(rung.at, language()) : dayAndTime(rung.at, language()) })}{" "}
      <span className="quiet">({[rung.by_name, ...what].join(t("list.between"))})</span>
    </>
  );
}

export default RungBefore;
