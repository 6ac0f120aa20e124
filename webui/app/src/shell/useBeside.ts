import { useLocation } from "@tanstack/react-router";
import { useMyDesk } from "../screens/desk/useDesk";
import css from "./beside.module.css";

/** How a window lies: at the desk beside the telephone, so that no call is ever hidden by it; elsewhere in the middle. */
export function useBeside() {
  const { pathname } = useLocation();
  const mine = useMyDesk();
  return pathname === "/desk" && mine ? { classNames: { inner: css.inner!, overlay: css.overlay!, content: css.content! } } : {};
}
