import { useEffect } from "react";
import * as kakeru from "../api/kakeru";

/** Tells the record that this screen is printed (§19(5)): only the browser knows. */
export function usePrintNote(): void {
  useEffect(() => {
    const tell = () => void kakeru.tellPrinted(window.location.pathname).catch(() => undefined); // printing cannot be held up; the watermark names the reader
    window.addEventListener("beforeprint", tell);
    return () => window.removeEventListener("beforeprint", tell);
  }, []);
}
