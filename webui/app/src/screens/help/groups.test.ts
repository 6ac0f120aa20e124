import { expect, it } from "vitest";
import { inOrder } from "./groups";

it("shows every group once, that of the moment first", () => {
  for (const [phase, first] of [["idle", "idle"], ["calling", "calling"], ["talking", "talking"], ["wrap_up", "form"], ["away", "away"], [undefined, "idle"]] as const) {
    const order = inOrder(phase);
    expect(order[0]).toBe(first);
    expect([...order].sort()).toEqual(["always", "away", "calling", "form", "idle", "talking"]);
  }
});
