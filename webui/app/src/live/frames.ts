import type { Alert, Attempt, Call, Close, Depth, Desk, Hours, Preview, Progress, Snapshot, TrunkChanged } from "../api/types";

interface Numbered<T extends string, D> {
  /** Increases from frame to frame; not dense, since a role gets only what it may see. */
  seq: number;
  type: T;
  /** The server's clock when it sent the frame. */
  at: string;
  data: D;
}

/** A frame of /api/live. */
export type Frame =
  | Numbered<"snapshot", Snapshot>
  | Numbered<"desk", Desk>
  | Numbered<"trunk", TrunkChanged>
  | Numbered<"call", Call>
  | Numbered<"progress", Progress>
  | Numbered<"queue", { depth: Depth }>
  | Numbered<"alert", Alert>
  | Numbered<"attempt", Attempt>
  | Numbered<"list", Preview>
  | Numbered<"close", Close>
  | Numbered<"settings", { hours: Hours }>
  | Numbered<"handoff", Record<string, never>>
  /** Says that the connection lives, every 10 s. */
  | Numbered<"beat", null>
  | Numbered<"bye", { reason: "slow" | "session" | "shutdown" }>;

/** Reads a frame's text; null when it is none, so that one odd frame never stops the panel. */
export function readFrame(text: string): Frame | null {
  try {
    const frame = JSON.parse(text) as Frame;
    return typeof frame.seq === "number" && typeof frame.type === "string" ? frame : null;
  } catch {
    return null;
  }
}
