import { useQuery } from "@tanstack/react-query";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { AskedFor } from "../../api/types";
import { keys } from "../../live/apply";
import { useServerNow } from "../../live/clock";

/** How long before its time a call that was asked for is told. */
export const askedAhead = 2 * 60_000;

/** Calls that were asked for and are near or past their time. Frames have them read again; so does the time, for what no frame tells. */
export function useAskedFor(enabled = true) {
  return useQuery({ queryKey: keys.asked, queryFn: kakeru.getAskedFor, refetchInterval: 30_000, enabled });
}

/** Those that a person is to be told of now: their own and anyone's, that stand at no desk yet, the earliest first. */
export function askedNow(items: readonly AskedFor[], me: string, now: number): AskedFor[] {
  return items.filter((a) => !a.desk && (!a.operator || a.operator === me) && Date.parse(a.at) - askedAhead <= now);
}

/** Those that the person at a desk is to be told of now, but for the case that stands there. */
export function useAskedNow(standing: string | undefined): AskedFor[] {
  const me = useSession().user.id;
  const now = useServerNow(5_000);
  const { data } = useAskedFor();
  return askedNow(data ?? [], me, now).filter((a) => a.case_id !== standing);
}
