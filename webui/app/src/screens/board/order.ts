import type { Call, Desk } from "../../api/types";
import { doingOf, type Doing } from "./DeskCard";

/** From so many desks on a desk is a small card, and the board has a filter, an order and groups. */
export const many = 12;

export const sortings = ["place", "state", "clock", "touched"] as const;
export type Sorting = (typeof sortings)[number];

/** A desk with its call and what it is doing. */
export interface Seen {
  desk: Desk;
  call: Call | undefined;
  doing: Doing;
  since: string | undefined;
}

// In which order states are looked at: what may need somebody first.
const rank: Doing[] = ["talking", "held", "transferring", "calling_customer", "calling_desk", "ringing", "ending", "wrap_up", "away", "ready", "empty"];

/** Every desk with its call. */
export function seen(desks: Desk[], calls: Call[]): Seen[] {
  const at = new Map<string, Call>();
  for (const call of calls) if (call.desk && call.state !== "ended") at.set(call.desk, call);
  return desks.map((desk) => {
    const call = at.get(desk.id);
    const doing = doingOf(desk, call);
    const since = call?.state === "talking" ? call.answered_at : doing === "calling_customer" ? call?.dialled_at : undefined;
    return { desk, call, doing, since: since ?? call?.started_at ?? (doing === "empty" ? undefined : desk.since) };
  });
}

/** Those that fit what was typed and the state chosen, in order. */
export function arranged(all: Seen[], text: string, only: Doing | "", by: Sorting): Seen[] {
  const wanted = text.trim().toLowerCase();
  const fits = ({ desk, doing }: Seen) =>
    (only === "" || doing === only) &&
    (wanted === "" || [desk.name, desk.id, desk.operator_name ?? "", desk.case_id ?? ""].some((s) => s.toLowerCase().includes(wanted)));
  const kept = all.filter(fits);
  const time = (s: string | null | undefined) => (s ? Date.parse(s) : Infinity);
  switch (by) {
    case "place":
      return kept;
    case "state":
      return kept.sort((a, b) => rank.indexOf(a.doing) - rank.indexOf(b.doing));
    case "clock":
      return kept.sort((a, b) => time(a.since) - time(b.since));
    case "touched":
      return kept.sort((a, b) => time(a.desk.touched_at) - time(b.desk.touched_at));
  }
}

/** In groups of one state each, for the order by state; one group without a name otherwise. */
export function grouped(rows: Seen[], by: Sorting): { doing: Doing | null; rows: Seen[] }[] {
  if (by !== "state") return [{ doing: null, rows }];
  const groups = new Map<Doing, Seen[]>();
  for (const row of rows) groups.set(row.doing, [...(groups.get(row.doing) ?? []), row]);
  return [...groups].map(([doing, of]) => ({ doing, rows: of }));
}

/** How many desks do what. */
export function counts(all: Seen[]): { doing: Doing; count: number }[] {
  return rank.map((doing) => ({ doing, count: all.filter((s) => s.doing === doing).length })).filter((c) => c.count > 0);
}
