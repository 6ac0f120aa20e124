import type { MouseEvent } from "react";

/**
 * For onMouseDown of a button beside the desk's keys: a click with the mouse leaves the focus nowhere, so that the next
 * key is the desk's again. Whoever comes to the button by Tab presses it as any other.
 */
export function keepKeys(event: MouseEvent): void {
  event.preventDefault();
  (document.activeElement as HTMLElement | null)?.blur();
}
