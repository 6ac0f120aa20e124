import { useQuery } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { keys } from "../live/apply";
import { besideFrames } from "../live/beside";
import * as kakeru from "./kakeru";
import { Problem } from "./problem";
import { fetchSession } from "./session";
import type { Session } from "./types";

/** The session as the server knows it; data null when nobody is signed in. */
export function useSessionQuery() {
  return useQuery({ queryKey: keys.session, queryFn: fetchSession });
}

/**
 * Who the door has let in. Screens have it from there and not from the cache, which knows of the session's end a moment before the door
 * takes them down: a screen that is drawn in that moment would find nobody.
 */
export const LetIn = createContext<Session | null>(null);

/** Who is signed in. Only for screens that stand behind the sign-in. */
export function useSession(): Session {
  const session = useContext(LetIn);
  if (!session) throw new Error("a screen was shown without a session");
  return session;
}

export const useDesks = () => useQuery({ queryKey: keys.desks, queryFn: ({ client }) => besideFrames(client, keys.desks, kakeru.getDesks) });
/** Says what a desk is called; its id as long as that is not known. */
export function useDeskName(): (id: string | undefined) => string | undefined {
  const { data: desks } = useDesks();
  return (id) => desks?.find((d) => d.id === id)?.name ?? id;
}
/** The lines to the telephone network, for who looks after them. */
export const useTrunks = () => useQuery({ queryKey: keys.trunks, queryFn: kakeru.getTrunks });
/** Whether calls can leave by any line, as frames bring it; undefined while that is not known. */
export const useLineUp = () => useQuery<boolean>({ queryKey: keys.lineUp, queryFn: () => true, enabled: false }).data;
/** The calls now; none for those who may not see any. */
export function useCalls() {
  const { data: session } = useSessionQuery();
  const calls = session?.user.role === "operator" || session?.user.role === "supervisor";
  return useQuery({ queryKey: keys.calls, queryFn: ({ client }) => besideFrames(client, keys.calls, kakeru.getCalls), enabled: calls });
}

/** Who calls, while a desk's phone rings for it. Forgotten at once: it is personal data, and the next ring may be of another desk's making. */
export const useCaller = (call: string | null | undefined) =>
  useQuery({ queryKey: keys.caller(call ?? ""), queryFn: () => kakeru.getCaller(call!), enabled: !!call, gcTime: 0, staleTime: 0 });

export const useHours = () => useQuery({ queryKey: keys.hours, queryFn: kakeru.getHours, refetchInterval: 60_000 });
export const useProgress = () => useQuery({ queryKey: keys.progress, queryFn: () => kakeru.getProgress() });
/** One's own calls today. */
export const useMyProgress = (enabled: boolean) => useQuery({ queryKey: keys.mine, queryFn: kakeru.getMyProgress, enabled });
export const useCase = (id: string | undefined) =>
  useQuery({
    queryKey: keys.case(id ?? ""),
    queryFn: () => kakeru.getCase(id!),
    enabled: !!id,
    gcTime: 60_000,
    // Who opened more cases than work asks for waits a little; then it is shown.
    refetchInterval: ({ state }) => state.error instanceof Problem && state.error.rule === "too_many" && 15_000,
  });
/** A call's SIP messages. They are read anew each time somebody looks, and not kept: each look is in the log. */
export const useTrace = (call: string) =>
  useQuery({ queryKey: keys.trace(call), queryFn: () => kakeru.getTrace(call), gcTime: 0, retry: false });
export const useAttempt = (id: string | undefined) =>
  useQuery({ queryKey: keys.attempt(id ?? ""), queryFn: () => kakeru.getAttempt(id!), enabled: !!id });
