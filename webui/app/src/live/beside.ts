import type { QueryClient } from "@tanstack/react-query";

// What frames told of while something was being read over HTTP: the answer may have been written down before that.
const told = new Set<string>();
let reading = 0;
let retold = 0;

/** Notes that a frame told of a desk or a call. */
export function noteTold(id: string): void {
  if (reading > 0) told.add(id);
}

/** Notes that a snapshot told of everything. */
export function noteRetold(): void {
  retold++;
}

/** Reads over HTTP what frames keep fresh too. Of what a frame told of meanwhile the frame's word counts: it is the newer one. */
export async function besideFrames<T extends { id: string }>(client: QueryClient, key: readonly string[], read: () => Promise<T[]>): Promise<T[]> {
  const before = retold;
  reading++;
  try {
    const answer = await read();
    const kept = client.getQueryData<T[]>(key) ?? [];
    if (retold !== before) return kept;
    const known = new Set(answer.map((a) => a.id));
    return [
      ...answer.flatMap((a) => (told.has(a.id) ? kept.filter((k) => k.id === a.id) : [a])),
      ...kept.filter((k) => told.has(k.id) && !known.has(k.id)),
    ];
  } finally {
    if (--reading === 0) told.clear();
  }
}
