import { useEffect } from "react";
import { useMyDesk } from "../screens/desk/useDesk";
import { useLocation } from "@tanstack/react-router";
import { useOverlays } from "./overlays";

/** `?` shows the keys on every screen. At the desk its own key map does that, so that both never answer. */
export function useHelpKey(): void {
  const { show, open } = useOverlays();
  const { pathname } = useLocation();
  const mine = useMyDesk();
  const atDesk = pathname === "/desk" && !!mine;
  useEffect(() => {
    if (atDesk || open) return;
    const listen = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if ((event.key !== "?" && event.key !== "？") || target.closest("input, textarea, select")) return;
      event.preventDefault();
      show("help");
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [atDesk, open, show]);
}
