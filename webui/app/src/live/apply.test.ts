import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, it } from "vitest";
import type { Alert, Attempt, Call, Desk, Snapshot, Trunk } from "../api/types";
import { applyFrame, keys } from "./apply";
import { besideFrames } from "./beside";
import type { Frame } from "./frames";

let client: QueryClient;
let seq = 0;

const put = (type: Frame["type"], data: unknown) =>
  applyFrame(client, { seq: ++seq, type, at: "2026-11-24T05:00:00Z", data } as Frame);
const desk = (id: string, state: string) => ({ id, name: id, registered: true, in_use_elsewhere: false, state, since: "" }) as Desk;
const trunk = (name: string, state: string) => ({ name, state }) as Trunk;
const call = (id: string, state: string) => ({ id, desk: "desk1", state }) as Call;
const attempt = (id: string, result: string) => ({ id, case_id: "c1", result, counted: true }) as Attempt;
const snapshot = { desks: [desk("desk1", "ready"), desk("desk2", "empty")], calls: [], recent: [], alerts: [], boot: "b" };

beforeEach(() => {
  client = new QueryClient();
  put("snapshot", snapshot as unknown as Snapshot);
});

describe("applyFrame", () => {
  it("changes one desk and leaves the other", () => {
    put("desk", desk("desk1", "in_call"));
    expect(client.getQueryData<Desk[]>(keys.desks)!.map((d) => d.state)).toEqual(["in_call", "empty"]);
  });

  it("is newer than an answer that was under way when it came", async () => {
    let answer = (_: Desk[]) => {};
    const read = besideFrames(client, keys.desks, () => new Promise<Desk[]>((done) => (answer = done)));
    put("desk", { ...desk("desk1", "ready"), case_id: "next" });
    answer([desk("desk1", "wrap_up"), desk("desk2", "ready")]); // as it was before the frame
    client.setQueryData(keys.desks, await read);
    expect(client.getQueryData<Desk[]>(keys.desks)!.map((d) => [d.state, d.case_id])).toEqual([["ready", "next"], ["ready", undefined]]);
    // What is asked for afterwards counts again.
    expect(await besideFrames(client, keys.desks, () => Promise.resolve([desk("desk1", "in_call")]))).toEqual([desk("desk1", "in_call")]);
  });

  it("is newer than an answer about calls that have begun, ended or been handed on, and about everything when it is a snapshot", async () => {
    client.setQueryData(keys.calls, [call("ending", "talking"), call("staying", "talking"), { ...call("handed", "talking"), desk: "desk2" }]);
    const reading = (then: () => void, answer: Call[]) => besideFrames(client, keys.calls, async () => (then(), Promise.resolve(answer)));
    const seen = await reading(() => {
      put("call", call("ending", "ended"));
      put("call", call("beginning", "queued"));
      put("desk", desk("desk2", "ready"));
    }, [call("ending", "talking"), call("staying", "ending"), { ...call("handed", "talking"), desk: "desk2" }]);
    expect(seen).toEqual([call("staying", "ending"), call("beginning", "queued")]);
    expect(await reading(() => put("snapshot", { ...snapshot, calls: [call("new", "talking")] }), [call("old", "talking")])).toEqual([call("new", "talking")]);
  });

  it("changes one line and leaves the other, and keeps whether there is any", () => {
    put("snapshot", { ...snapshot, trunks: [trunk("a", "up"), trunk("b", "up")], line_up: true });
    put("trunk", { trunk: trunk("b", "down"), line_up: true });
    expect(client.getQueryData<Trunk[]>(keys.trunks)!.map((x) => x.state)).toEqual(["up", "down"]);
    put("trunk", { trunk: trunk("a", "down"), line_up: false });
    expect(client.getQueryData(keys.lineUp)).toBe(false);
  });

  it("keeps whether there is a line for those who see no more", () => {
    expect(client.getQueryData(keys.lineUp)).toBeUndefined(); // the ward
    put("snapshot", { ...snapshot, line_up: true });
    put("trunk", { line_up: false });
    expect(client.getQueryData(keys.lineUp)).toBe(false);
    expect(client.getQueryData(keys.trunks)).toBeUndefined();
  });

  it("follows a call to its end, and keeps the end for the desk", () => {
    put("call", call("a", "calling_desk"));
    put("call", call("a", "talking"));
    expect(client.getQueryData<Call[]>(keys.calls)!.map((c) => c.state)).toEqual(["talking"]);
    put("call", call("a", "ended"));
    expect(client.getQueryData(keys.calls)).toEqual([]);
    expect(client.getQueryData<Call>(keys.lastCall("desk1"))!.id).toBe("a");
  });

  it("lets go of a talk that was handed on, as soon as its desk has none", () => {
    put("desk", { ...desk("desk1", "in_call"), call_id: "a" });
    put("call", call("a", "talking"));
    put("call", { ...call("b", "talking"), desk: "desk2" });
    put("desk", { ...desk("desk1", "ready"), call_id: null });
    expect(client.getQueryData<Call[]>(keys.calls)!.map((c) => c.id)).toEqual(["b"]);
  });

  it("puts a new attempt first, and a changed one in its place", () => {
    put("attempt", attempt("a", "no_answer"));
    put("attempt", attempt("b", "answered"));
    put("attempt", attempt("a", "busy"));
    expect(client.getQueryData<Attempt[]>(keys.recent)!.map((a) => [a.id, a.result])).toEqual([
      ["b", "answered"],
      ["a", "busy"],
    ]);
  });

  it("asks again for the case an attempt was about", () => {
    client.setQueryData(keys.case("c1"), {});
    client.setQueryData(keys.case("c2"), {});
    put("attempt", attempt("a", "busy"));
    expect(client.getQueryState(keys.case("c1"))!.isInvalidated).toBe(true);
    expect(client.getQueryState(keys.case("c2"))!.isInvalidated).toBe(false);
  });

  it("forgets what it read of a case when that comes to stand at a desk", () => {
    client.setQueryData<Desk[]>(keys.desks, [desk("desk1", "ready")]);
    client.setQueryData(keys.case("c1"), { masked: true });
    client.setQueryData(keys.case("c2"), { masked: true });
    put("desk", { ...desk("desk1", "ready"), case_id: "c1" });
    expect(client.getQueryData(keys.case("c1"))).toBeUndefined();
    expect(client.getQueryData(keys.case("c2"))).toBeDefined();
    client.setQueryData(keys.case("c1"), { masked: false });
    put("desk", { ...desk("desk1", "in_call"), case_id: "c1" });
    expect(client.getQueryData(keys.case("c1"))).toBeDefined();
  });

  it("puts the newest alert first", () => {
    put("alert", { kind: "ledger_down", text: "x", text_en: "x", at: "" });
    put("alert", { kind: "ledger_back", text: "y", text_en: "y", at: "" });
    expect(client.getQueryData<Alert[]>(keys.alerts)!.map((a) => a.kind)).toEqual(["ledger_back", "ledger_down"]);
  });

  it("a snapshot replaces everything, and makes the rest be asked for again", () => {
    put("call", call("a", "talking"));
    client.setQueryData(keys.case("c1"), {});
    client.setQueryData(keys.queue, {});
    put("snapshot", { ...snapshot, desks: [desk("desk1", "empty")] });
    expect(client.getQueryData(keys.calls)).toEqual([]);
    expect(client.getQueryData<Desk[]>(keys.desks)).toHaveLength(1);
    expect(client.getQueryState(keys.case("c1"))!.isInvalidated).toBe(true);
    expect(client.getQueryState(keys.queue)!.isInvalidated).toBe(true);
  });
});
