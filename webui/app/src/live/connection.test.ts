import { beforeEach, describe, expect, it } from "vitest";
import { LiveConnection, type LinkState, type Socket } from "./connection";
import type { Frame } from "./frames";

class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed = false;
  constructor(readonly path: string) {}
  close() {
    this.closed = true;
  }
  send(seq: number, type = "queue", data: unknown = { depth: { due: seq, later: 0, held: 0 } }) {
    this.onmessage?.({ data: JSON.stringify({ seq, type, at: "2026-11-24T05:00:00Z", data }) });
  }
  break() {
    this.onclose?.();
  }
}

let sockets: FakeSocket[];
let timers: { f: () => void; ms: number; off: boolean }[];
let frames: Frame[];
let states: LinkState[];
let over: number;
let signedIn: boolean;
let renewed: Promise<boolean> | null;
let connection: LiveConnection;

const last = () => sockets[sockets.length - 1]!;
const wait = () => {
  const timer = timers.filter((t) => !t.off).pop();
  if (!timer) throw new Error("no timer is set");
  timer.off = true;
  timer.f();
  return timer.ms;
};

beforeEach(() => {
  sockets = [];
  timers = [];
  frames = [];
  states = [];
  over = 0;
  signedIn = true;
  renewed = null;
  connection = new LiveConnection(
    {
      open: (path) => {
        sockets.push(new FakeSocket(path));
        return last();
      },
      later: (f, ms) => {
        const timer = { f, ms, off: false };
        timers.push(timer);
        return () => (timer.off = true);
      },
      chance: () => 0.5,
      signedIn: () => Promise.resolve(signedIn),
      renewed: () => renewed,
    },
    { frame: (f) => frames.push(f), state: (s) => states.push(s), sessionOver: () => over++ },
  );
  connection.start();
});

// A question to the server and its answer.
const asked = () => new Promise((done) => setTimeout(done));

const snapshot = (seq: number, boot = "b1") => last().send(seq, "snapshot", { desks: [], boot });

describe("LiveConnection", () => {
  it("is live once the snapshot is there, not before", () => {
    last().onopen?.();
    expect(states).toEqual(["connecting"]);
    snapshot(10);
    expect(states.at(-1)).toBe("live");
  });

  it("takes frames in order and once, and gaps as they are", () => {
    snapshot(10);
    for (const seq of [11, 11, 14, 12, 13, 14, 20]) last().send(seq);
    expect(frames.map((f) => f.seq)).toEqual([10, 11, 14, 20]);
  });

  it("asks for what it missed, by the last number it saw", () => {
    snapshot(10);
    last().send(17);
    last().break();
    expect(states.at(-1)).toBe("lost");
    wait();
    expect(last().path).toBe("/api/live?since=17&boot=b1");
    last().onopen?.();
    expect(states.at(-1)).toBe("live");
    last().send(17);
    last().send(18);
    expect(frames.map((f) => f.seq)).toEqual([10, 17, 18]);
  });

  it("starts its numbers anew with a snapshot, even with smaller ones", () => {
    snapshot(500);
    last().break();
    wait();
    snapshot(3, "b2");
    last().send(4);
    expect(frames.map((f) => f.seq)).toEqual([500, 3, 4]);
    last().break();
    wait();
    expect(last().path).toBe("/api/live?since=4&boot=b2");
  });

  it("asks whether the session is over when a socket never opens", async () => {
    snapshot(1);
    last().onopen?.();
    signedIn = false;
    last().break(); // it was open: the server went, or the cable
    await asked();
    expect(over).toBe(0);
    wait();
    last().break(); // the upgrade was refused
    await asked();
    expect(over).toBe(1);
    expect(timers.every((t) => t.off)).toBe(true);
  });

  it("goes on trying when it is refused and the session is not over", async () => {
    last().break();
    await asked();
    expect(over).toBe(0);
    wait();
    expect(sockets.length).toBe(2);
  });

  it("says at once that it is lost, and waits longer each time, but not for ever", () => {
    snapshot(1);
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      last().break();
      expect(states.at(-1)).toBe("lost");
      waits.push(wait());
    }
    expect(waits.slice(0, 4)).toEqual([300, 600, 1200, 2400]);
    expect(Math.max(...waits)).toBe(8000);
    last().onopen?.();
    last().break();
    expect(wait()).toBe(300);
  });

  it("is lost when nothing comes any more, though the socket knows of no loss", () => {
    snapshot(1);
    last().send(3, "beat", null);
    expect(timers.filter((t) => !t.off).map((t) => t.ms)).toEqual([25_000]);
    wait();
    expect(states.at(-1)).toBe("lost");
    expect(last().closed).toBe(true);
    wait();
    expect(last().path).toBe("/api/live?since=3&boot=b1");
  });

  it("does not wait for ever for a socket that neither opens nor fails", () => {
    expect(wait()).toBe(25_000);
    wait();
    expect(sockets).toHaveLength(2);
  });

  it("plans one return only, however often it hears of the loss", () => {
    snapshot(1);
    connection.lose();
    connection.lose();
    expect(timers.filter((t) => !t.off)).toHaveLength(1);
    expect(last().closed).toBe(true);
  });

  it("can be told to try again now", () => {
    snapshot(1);
    last().break();
    connection.retry();
    expect(sockets).toHaveLength(2);
    expect(timers.filter((t) => !t.off).map((t) => t.ms)).toEqual([25_000]);
    connection.retry();
    expect(sockets).toHaveLength(2);
  });

  it("hears nothing of a socket it has left", () => {
    snapshot(1);
    const old = last();
    connection.lose();
    wait();
    old.send(2);
    old.break();
    expect(frames.map((f) => f.seq)).toEqual([1]);
    expect(sockets).toHaveLength(2);
  });

  it("ends with the session, and does not come back", () => {
    snapshot(1);
    last().send(2, "bye", { reason: "session" });
    expect(over).toBe(1);
    last().break();
    expect(timers.filter((t) => !t.off)).toHaveLength(0);
  });

  it("stays with whoever was given another session, once that is known", async () => {
    snapshot(1);
    let given = (_: boolean) => {};
    renewed = new Promise((done) => (given = done));
    const old = last();
    last().send(2, "bye", { reason: "session" });
    await asked();
    expect([over, sockets.length, old.closed]).toEqual([0, 1, true]);
    given(true);
    await asked();
    expect([over, sockets.length, last().path]).toEqual([0, 2, "/api/live?since=1&boot=b1"]);
  });

  it("is over for whoever asked for another session and was given none", async () => {
    snapshot(1);
    renewed = Promise.resolve(false);
    last().send(2, "bye", { reason: "session" });
    await asked();
    expect([over, sockets.length]).toEqual([1, 1]);
    expect(timers.every((t) => t.off)).toBe(true);
  });

  it.each(["slow", "shutdown"])("comes back after a %s bye", (reason) => {
    snapshot(1);
    last().send(2, "bye", { reason });
    last().break();
    wait();
    expect(last().path).toBe("/api/live?since=1&boot=b1");
    expect(over).toBe(0);
  });

  it("passes over what is no frame", () => {
    snapshot(1);
    for (const text of ["", "{", "[]", '{"seq":"2"}', "null"]) last().onmessage?.({ data: text });
    last().onmessage?.({ data: new ArrayBuffer(1) });
    last().send(2);
    expect(frames.map((f) => f.seq)).toEqual([1, 2]);
  });

  it("stops before it started, twice, and stays stopped", () => {
    connection.stop();
    connection.stop();
    last().break();
    expect(sockets).toHaveLength(1);
    expect(timers.filter((t) => !t.off)).toHaveLength(0);
    connection.retry();
    connection.lose();
    expect(sockets).toHaveLength(1);
  });
});
