import { useSyncExternalStore } from "react";

// Of two open panels of one person, one works the desk. Each has a word of its own, which outlives a reload. A tab that was
// duplicated has its original's: it asks around when it starts, and takes another where the original answers.
const kept = "kakeru.screen";
const nonce = crypto.randomUUID();
let word = read();
const listeners = new Set<() => void>();

type Said = { asks: string; from: string } | { has: string; to: string };
const channel = new BroadcastChannel("kakeru.screens");
channel.onmessage = ({ data }: MessageEvent<Said>) => {
  if ("asks" in data && data.asks === word && data.from !== nonce) channel.postMessage({ has: word, to: data.from } satisfies Said);
  if ("has" in data && data.to === nonce && data.has === word) write(crypto.randomUUID());
};
channel.postMessage({ asks: word, from: nonce } satisfies Said);

function read(): string {
  try {
    const was = sessionStorage.getItem(kept);
    if (was) return was;
  } catch {
    // A browser that keeps nothing asks again after a reload.
  }
  const fresh = crypto.randomUUID();
  keep(fresh);
  return fresh;
}

function keep(next: string) {
  try {
    sessionStorage.setItem(kept, next);
  } catch {
    // as above
  }
}

function write(next: string) {
  word = next;
  keep(next);
  for (const tell of listeners) tell();
}

/** This panel's word among the open ones of its person. */
export const thisScreen = () => word;

export function useThisScreen(): string {
  return useSyncExternalStore((tell) => {
    listeners.add(tell);
    return () => listeners.delete(tell);
  }, thisScreen);
}
