import { QueryCache, MutationCache, QueryClient } from "@tanstack/react-query";
import { keys } from "../live/apply";
import * as kakeru from "./kakeru";
import { settle, tell } from "./owed";
import { Problem } from "./problem";
import type { Session } from "./types";

/** Who is signed in; null when nobody is. What the server is owed it is told first: a reload brings back nobody who left. */
export async function fetchSession(): Promise<Session | null> {
  await settle();
  try {
    return await kakeru.getSession();
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

/** The session ended on the server: the sign-in screen comes up, and nobody's data stays behind. */
export function forgetSession(client: QueryClient): void {
  client.setQueryData(keys.session, null);
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.session[0] });
}

// A new session's answer and the word that the old one is over may come in either order, and not far from each other.
const renewalFor = 10_000;
let renewal: Promise<boolean> | null = null;

/** Changes one's own password, for which the server gives this page a new session. */
export async function changePassword(old: string, fresh: string): Promise<Session> {
  const asked = kakeru.changePassword(old, fresh);
  const mine = asked.then(
    () => true,
    () => false,
  );
  renewal = mine;
  try {
    return await asked;
  } finally {
    setTimeout(() => {
      if (renewal === mine) renewal = null;
    }, renewalFor);
  }
}

/** Whether the page's session was given anew, once that is known; null: nobody asked for it. It is told once. */
export function renewedSession(): Promise<boolean> | null {
  const told = renewal;
  renewal = null;
  return told;
}

/** Signs out. While the server is away it is owed that, and nothing is shown of the person all the same. */
export async function leaveSession(client: QueryClient): Promise<void> {
  renewal = null;
  await tell("leave");
  forgetSession(client);
}

// What stays behind a masked screen: the talk's own state, and nothing of any person.
const kept = new Set([keys.session, keys.desks, keys.calls, keys.hours, keys.lineUp, keys.alerts].map(([name]) => name as string));

/** Masks the screen in this page. */
export function mask(client: QueryClient): void {
  client.setQueryData<Session | null>(keys.session, (s) => (s ? { ...s, locked: true } : s));
  client.removeQueries({ predicate: (q) => !kept.has(String(q.queryKey[0])) });
}

/** Makes the caches. Any answer "unauthorized" from anywhere leads back to the sign-in screen. */
export function makeClient(): QueryClient {
  const watch = (error: unknown) => {
    const signedIn = client.getQueryData<Session | null>(keys.session);
    if (signedIn && error instanceof Problem && error.status === 401) forgetSession(client);
    if (signedIn && error instanceof Problem && error.rule === "locked") client.setQueryData<Session>(keys.session, { ...signedIn, locked: true }); // in another window
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: watch }),
    mutationCache: new MutationCache({ onError: watch }),
    defaultOptions: {
      queries: {
        staleTime: Infinity, // frames keep what is shown fresh, or mark it stale
        retry: (failures, error) => !(error instanceof Problem) && failures < 3,
        refetchOnWindowFocus: false,
        networkMode: "always", // the server is in the next room, not on the internet
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
  client.setQueryDefaults(keys.lineUp, { gcTime: Infinity }); // only frames bring it, also while no screen shows it
  return client;
}
