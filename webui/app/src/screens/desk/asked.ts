import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { AskedFor, Desk } from "../../api/types";
import { keys } from "../../live/apply";
import { useServerNow } from "../../live/clock";

/** How long before its time a call that was asked for is told. */
export const askedAhead = 2 * 60_000;

/** Calls that were asked for and are near or past their time. Frames have them read again; so does the time, for what no frame tells. */
export function useAskedFor(enabled = true) {
  return useQuery({ queryKey: keys.asked, queryFn: kakeru.getAskedFor, refetchInterval: 30_000, enabled });
}

/**
 * Those that a person at a desk is to be told of now: their own and anyone's, that stand at no desk yet, the earliest first. What stands at
 * their own desk they see; the list may have been read while it was another case.
 */
export function askedNow(items: readonly AskedFor[], me: string, now: number, desk: Pick<Desk, "name" | "case_id">): AskedFor[] {
  const stands = (a: AskedFor) => a.case_id === desk.case_id || (!!a.desk && a.desk !== desk.name);
  return items.filter((a) => !stands(a) && (!a.operator || a.operator === me) && Date.parse(a.at) - askedAhead <= now);
}

/** A notice by what it says: one that was closed before its time comes once more when that has come. */
export const noticeOf = (a: AskedFor, now: number) => `${a.case_id} ${a.at} ${Date.parse(a.at) <= now ? "now" : "soon"}`;

/** Closes a notice: the bar shows it no more, and its key goes to the next. */
export function useCloseNotice() {
  const client = useQueryClient();
  return (notice: string) => client.setQueryData<string[]>(keys.askedClosed, (before = []) => [...before, notice]);
}

/** Those that the person at a desk is to be told of now, but for notices that were closed. */
export function useAskedNow(desk: Desk): AskedFor[] {
  const me = useSession().user.id;
  const now = useServerNow(5_000);
  const { data } = useAskedFor();
  const { data: closed } = useQuery<string[]>({ queryKey: keys.askedClosed, enabled: false, initialData: [], staleTime: Infinity, gcTime: Infinity });
  return askedNow(data ?? [], me, now, desk).filter((a) => !closed.includes(noticeOf(a, now)));
}
