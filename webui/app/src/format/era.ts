const stored = "kakeru-era";

let chosen = remembered();

function remembered(): boolean {
  try {
    return localStorage.getItem(stored) === "on";
  } catch {
    return false;
  }
}

/** Whether Japanese dates count years by the era (和暦). */
export const era = () => chosen;

/** Counts years by the era from now on, or no more, and remembers it on this machine. */
export function setEra(on: boolean): void {
  chosen = on;
  try {
    localStorage.setItem(stored, on ? "on" : "off");
  } catch {
    // not remembered, which harms nobody
  }
}
