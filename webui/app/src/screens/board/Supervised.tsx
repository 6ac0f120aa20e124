import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import { keys } from "../../live/apply";
import { RunningClock } from "../../parts/RunningClock";
import css from "./board.module.css";

/** Which supervisors are there, by when they last touched something; and one's own break. */
export function Supervised() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const supervises = useSession().user.role === "supervisor";
  const { data } = useQuery({ queryKey: keys.supervisors, queryFn: kakeru.getSupervisorsHere, refetchInterval: 30_000 });
  if (!data) return null;
  const mine = data.people.find((p) => p.mine);
  async function turn(onBreak: boolean) {
    client.setQueryData(keys.supervisors, await kakeru.supervisorHere(0, onBreak));
  }
  return (
    <div className={css.supervised}>
      <h3>{t("alerts.supervisors")}</h3>
      <span>
        {data.people.length === 0 && <b>{t("alerts.nobody_yet")}</b>}
        {data.people.map((p) => (
          <span key={p.name} className={css.supervisor}>
            {p.name} <span className="quiet">{t(p.break ? "alerts.on_break" : "alerts.touched")} </span>
            <RunningClock since={p.at} />
          </span>
        ))}
      </span>
      {supervises && (
        <Button size="compact-xs" variant="subtle" onClick={() => void turn(!mine?.break)}>
          {t(mine?.break ? "alerts.end_break" : "alerts.begin_break")}
        </Button>
      )}
    </div>
  );
}
