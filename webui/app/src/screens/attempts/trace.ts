import type { TraceMessage } from "../../api/types";

/** One row of the ladder: between which columns (desk phone 0, Kakeru 1, carrier 2), and which way. */
export interface Rung {
  after: string;
  arm: 0 | 1;
  rightwards: boolean;
  message: TraceMessage;
}

/** Lays a call's messages out; times count from the first. */
export function rungs(messages: TraceMessage[]): Rung[] {
  const first = messages.length > 0 ? Date.parse(messages[0]!.at) : 0;
  return messages.map((message) => {
    const arm = message.leg === "customer" ? 1 : 0;
    return {
      after: `+${(Math.max(0, Date.parse(message.at) - first) / 1000).toFixed(3)}`,
      arm,
      rightwards: message.out === (arm === 1),
      message,
    };
  });
}
