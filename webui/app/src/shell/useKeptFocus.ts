import { useEffect } from "react";

/**
 * Keeps the place of whoever works by keyboard. When what has the focus goes away (a row that was dealt with, a button that is done), browsers begin
 * anew at the top of the page; here the focus goes to what it stood in, and the next Tab goes on from there.
 */
export function useKeptFocus(on: boolean) {
  useEffect(() => {
    if (!on) return undefined;
    let way: Element[] = []; // what had the focus last, and all that it stood in
    const note = (e: FocusEvent) => {
      way = [];
      for (let at = e.target as Element | null; at && at !== document.body; at = at.parentElement) way.push(at);
    };
    const mend = () => {
      const [last] = way;
      if (document.activeElement !== document.body || !last || (last.isConnected && !last.matches(":disabled"))) return;
      // A frame later what React puts in its place is there, and a dialog has given the focus back.
      requestAnimationFrame(() => {
        if (document.activeElement !== document.body) return;
        const screen = document.getElementById("screen");
        const stays = way.find((e) => e !== last && e.isConnected && screen?.contains(e));
        const to = (stays ?? screen) as HTMLElement | null;
        if (to && !to.hasAttribute("tabindex")) to.setAttribute("tabindex", "-1");
        to?.focus({ preventScroll: true });
      });
    };
    const changes = new MutationObserver(mend);
    changes.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
    document.addEventListener("focusin", note);
    // Who has just signed in begins at the screen.
    if (document.activeElement === document.body) document.getElementById("screen")?.focus({ preventScroll: true });
    return () => {
      changes.disconnect();
      document.removeEventListener("focusin", note);
    };
  }, [on]);
}
