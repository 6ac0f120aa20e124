import { type KeyboardEvent, type PointerEvent, type RefObject, useCallback, useEffect, useRef, useState } from "react";
import type { CaseBrief } from "../../api/types";
import { movable, roomOf, within } from "./reorder";

/** What is being moved: the line as it was when it was taken, the case, and the place where it would come to stand. */
export interface Holding {
  items: CaseBrief[];
  id: string;
  from: number;
  place: number;
  /** By keyboard, which says in words where it stands. */
  keys: boolean;
}

// How near to an edge the list begins to scroll, and how many pixels a frame.
const edge = 56;
const speed = 14;

/** Moving a row by pointer or by keyboard. While a row is held the line stands still; whoever lets it go outside the allowed places gets the nearest. */
export function useReorder(items: CaseBrief[], scroller: RefObject<HTMLDivElement | null>, onDrop: (held: Holding) => void) {
  const [holding, setHolding] = useState<Holding | null>(null);
  const held = useRef<Holding | null>(null);
  held.current = holding;

  const take = useCallback((id: string, keys: boolean) => {
    const from = items.findIndex((c) => c.case_id === id);
    if (from < 0 || !movable(items[from]!)) return;
    setHolding({ items, id, from, place: from, keys });
  }, [items]);

  const put = useCallback((place: number) => setHolding((h) => (h ? { ...h, place: within(roomOf(h.items), place) } : h)), []);

  const drop = useCallback(() => {
    const h = held.current;
    setHolding(null);
    if (h) onDrop(h);
  }, [onDrop]);

  const byPointer = holding !== null && !holding.keys;
  useEffect(() => {
    if (!byPointer) return;
    let y: number | null = null;
    let frame = 0;
    const look = () => {
      frame = requestAnimationFrame(look);
      const box = scroller.current;
      if (!box || y === null) return;
      const { top, bottom } = box.getBoundingClientRect();
      if (y < top + edge) box.scrollTop -= speed;
      else if (y > bottom - edge) box.scrollTop += speed;
      put(placeAt(box, y));
    };
    const move = (event: globalThis.PointerEvent) => {
      y = event.clientY;
    };
    const away = (event: globalThis.KeyboardEvent) => event.key === "Escape" && setHolding(null);
    const stop = () => setHolding(null);
    frame = requestAnimationFrame(look);
    addEventListener("pointermove", move);
    addEventListener("pointerup", drop);
    addEventListener("pointercancel", stop);
    addEventListener("keydown", away);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", drop);
      removeEventListener("pointercancel", stop);
      removeEventListener("keydown", away);
    };
  }, [byPointer, drop, put, scroller]);

  const handle = useCallback((id: string) => ({
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      event.preventDefault(); // no text is marked
      (event.currentTarget as HTMLElement).focus();
      take(id, false);
    },
    onKeyDown: (event: KeyboardEvent) => {
      const h = held.current;
      if (event.key === " " || event.key === "Enter") {
        event.preventDefault();
        if (h?.id === id) drop();
        else take(id, true);
        return;
      }
      if (h?.id !== id || !h.keys) return;
      const to = step(h, event.key);
      if (to === undefined) return;
      event.preventDefault();
      if (to === null) setHolding(null);
      else put(to);
    },
    onBlur: () => {
      if (held.current?.id === id && held.current.keys) setHolding(null);
    },
  }), [take, put, drop]);
  return { holding, handle };
}

/** Where a key takes what is held; null lets it go where it was. Its own place counts twice: before it and behind it, it stays. */
function step(h: Holding, key: string): number | null | undefined {
  const room = roomOf(h.items);
  switch (key) {
    case "ArrowUp":
      return h.place === h.from + 1 ? h.from - 1 : h.place - 1;
    case "ArrowDown":
      return h.place === h.from ? h.from + 2 : h.place + 1;
    case "Home":
      return room.from;
    case "End":
      return room.to;
    case "Escape":
      return null;
  }
}

/** The place under the pointer: before the row whose upper half it is in. */
function placeAt(box: HTMLElement, y: number): number {
  let place = 0;
  for (const row of box.querySelectorAll<HTMLElement>("tr[data-index]")) {
    const { top, height } = row.getBoundingClientRect();
    const index = Number(row.dataset.index);
    place = index;
    if (y < top + height / 2) return index;
    place = index + 1;
  }
  return place;
}
