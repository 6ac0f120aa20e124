import { type Frame, readFrame } from "./frames";

/** Whether the panel sees what happens now. */
export type LinkState = "connecting" | "live" | "lost";

/** The part of a WebSocket that is used here, so that tests can hand in one of their own. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  close(): void;
}

/** What a connection needs from outside. */
export interface Outside {
  open(path: string): Socket;
  /** Runs f later; the function returned takes it back. */
  later(f: () => void, milliseconds: number): () => void;
  /** A number in [0, 1), to keep many panels from coming back in step. */
  chance(): number;
  /** Whether the server still knows who we are; true too when it cannot be asked. */
  signedIn(): Promise<boolean>;
  /** Whether this page itself has had another session given in place of its own, once the server has answered; null: it has not asked. */
  renewed(): Promise<boolean> | null;
}

/** What a connection tells. */
export interface Listener {
  frame(frame: Frame): void;
  state(state: LinkState): void;
  /** The server no longer knows who we are: signing in again is the only way on. */
  sessionOver(): void;
}

const firstWait = 300;
const longestWait = 8_000;
// The server sends a beat every 10 s: when two are missing, nothing comes through, whatever the socket believes.
const silence = 25_000;

/**
 * Keeps one websocket to /api/live, for as long as it is started. After a loss it says so at once, comes back with
 * growing pauses, and asks for what it missed by the last number it saw. Frames reach the listener in the order of
 * their numbers and once; a snapshot starts the numbers anew.
 */
export class LiveConnection {
  private socket: Socket | null = null;
  private forget: (() => void) | null = null;
  private unwatch: (() => void) | null = null;
  private losses = 0;
  private seen: number | null = null;
  private boot = "";
  private running = false;

  constructor(
    private readonly outside: Outside,
    private readonly listener: Listener,
  ) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    this.connect();
  }

  /** Ends the connection and every plan to come back. */
  stop(): void {
    this.running = false;
    this.forget?.();
    this.forget = null;
    this.drop();
  }

  /** Tries again now, without waiting out the pause. */
  retry(): void {
    if (!this.running || this.socket) return;
    this.forget?.();
    this.forget = null;
    this.connect();
  }

  /** The network says it is gone: a dead socket would notice only much later. */
  lose(): void {
    if (!this.running) return;
    this.drop();
    this.comeBack();
  }

  private connect(): void {
    if (this.losses === 0) this.listener.state("connecting");
    const socket = this.outside.open(this.path());
    let opened = false;
    this.socket = socket;
    this.watch();
    socket.onmessage = (event) => {
      if (this.socket !== socket || typeof event.data !== "string") return;
      this.watch();
      this.take(event.data);
    };
    socket.onopen = () => {
      opened = true;
      // A resumed connection may have nothing to say for a while: being open is enough.
      if (this.socket === socket && this.seen !== null) this.alive();
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.drop();
      this.comeBack();
      if (!opened) void this.askWhy();
    };
  }

  // A socket that never opened may have been refused because the session is over: a browser does not tell, so we ask.
  private async askWhy(): Promise<void> {
    if ((await this.outside.signedIn()) || !this.running) return;
    this.stop();
    this.listener.sessionOver();
  }

  private path(): string {
    return this.seen === null ? "/api/live" : `/api/live?since=${this.seen}&boot=${encodeURIComponent(this.boot)}`;
  }

  private take(text: string): void {
    const frame = readFrame(text);
    if (!frame) return;
    if (frame.type === "snapshot") this.boot = frame.data.boot;
    else if (this.seen !== null && frame.seq <= this.seen) return;
    this.alive();
    if (frame.type === "bye") {
      if (frame.data.reason === "session") void this.sessionEnded();
      return;
    }
    this.seen = frame.seq;
    this.listener.frame(frame);
  }

  // Whoever changes their own password has another session at once, and is not shown out by the end of the first.
  private async sessionEnded(): Promise<void> {
    const renewed = this.outside.renewed();
    if (renewed) {
      this.drop();
      if (await renewed) {
        this.retry();
        return;
      }
      if (!this.running) return;
    }
    this.stop();
    this.listener.sessionOver();
  }

  private alive(): void {
    this.losses = 0;
    this.listener.state("live");
  }

  private comeBack(): void {
    if (!this.running || this.forget) return;
    this.listener.state("lost");
    const pause = Math.min(longestWait, firstWait * 2 ** this.losses) * (0.75 + this.outside.chance() / 2);
    this.losses++;
    this.forget = this.outside.later(() => {
      this.forget = null;
      this.connect();
    }, pause);
  }

  // A cable pulled far away closes no socket: silence is the only sign.
  private watch(): void {
    this.unwatch?.();
    this.unwatch = this.outside.later(() => this.lose(), silence);
  }

  private drop(): void {
    this.unwatch?.();
    this.unwatch = null;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }
}

/** Keeps a connection while a page wants it, with what the browser says of the network. The returned function ends it. */
export function keepConnected(connection: LiveConnection): () => void {
  const lose = () => connection.lose();
  const retry = () => connection.retry();
  connection.start();
  addEventListener("offline", lose);
  addEventListener("online", retry);
  return () => {
    removeEventListener("offline", lose);
    removeEventListener("online", retry);
    connection.stop();
  };
}
