import type { CaseBrief } from "../../api/types";

/** Where cases may be moved to: between the pinned ones and those that are not due yet. From is the first such place, to the one behind the last. */
export interface Room {
  from: number;
  to: number;
}

/** A place in the line is counted as what it stands before: 0 before the first row. The server's rule is the same (casework.MoveWish). */
export function roomOf(items: CaseBrief[]): Room {
  const later = items.findIndex((c) => !c.is_due);
  const to = later < 0 ? items.length : later;
  const free = items.slice(0, to).findIndex((c) => !c.pinned);
  return { from: free < 0 ? to : free, to };
}

/** Whether a case can be moved at all: it is due, not pinned, and at no desk. */
export function movable(item: CaseBrief): boolean {
  return item.is_due && !item.pinned && !item.desk;
}

/** The nearest place that the rules of the line allow. */
export function within(room: Room, place: number): number {
  return Math.min(Math.max(place, room.from), room.to);
}

/** What is asked of the server, or null when the case stays where it is. */
export function wish(items: CaseBrief[], id: string, place: number): { before?: string; after?: string } | null {
  const at = items.findIndex((c) => c.case_id === id);
  if (at < 0 || place === at || place === at + 1) return null;
  const room = roomOf(items);
  const beside = items[place];
  return place < room.to && beside ? { before: beside.case_id } : { after: items[room.to - 1]!.case_id };
}

/** The line once a case was moved, as it is shown until the server's own comes. */
export function movedTo(items: CaseBrief[], id: string, place: number): CaseBrief[] {
  const at = items.findIndex((c) => c.case_id === id);
  const rest = items.toSpliced(at, 1);
  rest.splice(place > at ? place - 1 : place, 0, items[at]!);
  return rest;
}
