import * as kakeru from "./kakeru";
import { Problem } from "./problem";

/** What the server is to be told before anything of anybody is shown: that the person left, or that their screen is masked. */
export type Owed = "leave" | "lock";

const stored = "kakeru-owed";
let here: Owed | null = null; // where the browser keeps nothing

/** What the server could not be told yet. It outlives a reload and the tab, and is the same in all of the browser's tabs. */
export function owed(): Owed | null {
  try {
    const what = localStorage.getItem(stored);
    return what === "leave" || what === "lock" ? what : here;
  } catch {
    return here;
  }
}

function keep(what: Owed | null): void {
  here = null;
  try {
    if (what) localStorage.setItem(stored, what);
    else localStorage.removeItem(stored);
  } catch {
    here = what;
  }
}

/** Owes the server a word. Who leaves need not be locked out. */
export function owe(what: Owed): void {
  if (owed() !== "leave") keep(what);
}

/** Tells the server what it is owed; throws when it could not be told, and then it is owed still. */
export async function settle(): Promise<void> {
  const what = owed();
  if (!what) return;
  try {
    await (what === "leave" ? kakeru.signOut() : kakeru.lockScreen());
  } catch (error) {
    const nobody = error instanceof Problem && (error.status === 401 || (what === "lock" && error.status === 403)); // there is no session to end or to mask
    if (!nobody) throw error;
  }
  if (owed() === what) keep(null);
}

/** settle, but nobody waits at the screen for a server that does not answer. */
export async function tell(what: Owed, patience = 2_000): Promise<void> {
  owe(what);
  await Promise.race([settle().catch(() => undefined), new Promise((done) => setTimeout(done, patience))]);
}

/** Runs f when another tab owes something. It returns what ends that. */
export function whenOwed(f: (what: Owed) => void): () => void {
  const look = (event: StorageEvent) => {
    const what = event.newValue;
    if (event.key === stored && (what === "leave" || what === "lock")) f(what);
  };
  addEventListener("storage", look);
  return () => removeEventListener("storage", look);
}
