import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useDesks } from "../api/hooks";
import * as kakeru from "../api/kakeru";
import { keys } from "../live/apply";
import { thisScreen } from "../screens/desk/thisScreen";
import { useMyDesk } from "../screens/desk/useDesk";

/** Sits down again after the server was started anew, where one sat before and nobody sits now. */
export function SeatKeeper() {
  const client = useQueryClient();
  const { data: boot } = useQuery<string>({ queryKey: keys.boot, queryFn: () => "", enabled: false });
  const { data: desks } = useDesks();
  const mine = useMyDesk();
  const before = useRef({ boot, desk: "" });
  useEffect(() => {
    const was = before.current;
    const here = mine && mine.desk.screen === thisScreen();
    before.current = { boot, desk: here ? mine.desk.id : "" };
    if (!was.boot || was.boot === boot || !was.desk || mine !== null) return;
    if (desks?.find((d) => d.id === was.desk)?.operator) return; // the desk's screen says who
    kakeru
      .sit(was.desk, false, thisScreen())
      .catch(() => undefined) // the seats are on the screen to choose from
      .finally(() => void client.invalidateQueries({ queryKey: keys.desks }));
  }, [boot, mine?.desk.id, mine?.desk.screen]);
  return null;
}
