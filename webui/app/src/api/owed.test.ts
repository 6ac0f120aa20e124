import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as kakeru from "./kakeru";
import { owe, owed, settle, tell, whenOwed } from "./owed";
import { Problem } from "./problem";
import { fetchSession } from "./session";

const away = new TypeError("fetch failed");
const refusal = (status: number) => new Problem(status, "x", "", "", []);

describe("what the server is owed", () => {
  let kept: Map<string, string>;
  beforeEach(() => {
    kept = new Map();
    vi.stubGlobal("localStorage", {
      getItem: (k: string) => kept.get(k) ?? null,
      setItem: (k: string, v: string) => void kept.set(k, v),
      removeItem: (k: string) => void kept.delete(k),
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  it("is told at once, and then owed no longer", async () => {
    const out = vi.spyOn(kakeru, "signOut").mockResolvedValue(undefined as never);
    await tell("leave");
    expect([out.mock.calls.length, owed()]).toEqual([1, null]);
  });

  it("is told before the session is asked for, and nothing is shown until it was", async () => {
    const out = vi.spyOn(kakeru, "signOut").mockRejectedValue(away);
    const who = vi.spyOn(kakeru, "getSession").mockRejectedValue(refusal(401));
    await tell("leave");
    expect(owed()).toBe("leave");
    await expect(fetchSession()).rejects.toBe(away);
    out.mockRejectedValue(refusal(503));
    await expect(fetchSession()).rejects.toMatchObject({ status: 503 });
    expect(who).not.toHaveBeenCalled();
    out.mockResolvedValue(undefined as never);
    expect(await fetchSession()).toBeNull();
    expect(owed()).toBeNull();
  });

  it("is settled when there is no session to mask", async () => {
    vi.spyOn(kakeru, "lockScreen").mockRejectedValue(refusal(401));
    await tell("lock");
    expect(owed()).toBeNull();
  });

  it("is that somebody left rather than that a screen is masked", async () => {
    owe("leave");
    owe("lock");
    expect(owed()).toBe("leave");
  });

  it("keeps nobody waiting for a server that does not answer", async () => {
    vi.spyOn(kakeru, "signOut").mockReturnValue(new Promise(() => {}) as never);
    await tell("leave", 1);
    expect(owed()).toBe("leave");
  });

  it("stays owed when more is owed meanwhile", async () => {
    let answer = (_: undefined) => {};
    vi.spyOn(kakeru, "lockScreen").mockReturnValue(new Promise((done) => (answer = done as never)) as never);
    owe("lock");
    const telling = settle();
    owe("leave");
    answer(undefined);
    await telling;
    expect(owed()).toBe("leave");
  });

  it("is done in the other tabs too", () => {
    const listeners: ((e: unknown) => void)[] = [];
    vi.stubGlobal("addEventListener", (_: string, f: (e: unknown) => void) => listeners.push(f));
    const seen: string[] = [];
    whenOwed((what) => seen.push(what));
    listeners[0]!({ key: "other", newValue: "leave" });
    listeners[0]!({ key: "kakeru-owed", newValue: "leave" });
    listeners[0]!({ key: "kakeru-owed", newValue: null });
    expect(seen).toEqual(["leave"]);
  });

  it("is kept by the page where the browser keeps nothing", async () => {
    const no = () => {
      throw new Error("denied");
    };
    vi.stubGlobal("localStorage", { getItem: no, setItem: no, removeItem: no });
    const out = vi.spyOn(kakeru, "signOut").mockRejectedValue(away);
    await tell("leave");
    expect(owed()).toBe("leave");
    out.mockResolvedValue(undefined as never);
    await settle();
    expect(owed()).toBeNull();
  });
});
