import { createContext, type ReactNode, useContext, useMemo, useState } from "react";

/** The windows that lie over any screen. While one is open the desk's keys rest. */
export type Overlay = "help" | "find" | "name" | "correct" | "scripts" | "find_by_hand";

interface Overlays {
  open: Overlay | null;
  show(overlay: Overlay): void;
  close(): void;
}

const Context = createContext<Overlays>({ open: null, show: () => {}, close: () => {} });

/** Which window lies over the screen, and how to change that. */
export function useOverlays(): Overlays {
  return useContext(Context);
}

export function OverlayHolder({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState<Overlay | null>(null);
  const value = useMemo(() => ({ open, show: setOpen, close: () => setOpen(null) }), [open]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}
