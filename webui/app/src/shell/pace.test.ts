import { expect, it } from "vitest";
import type { Progress } from "../api/types";
import { ownShare } from "./pace";

const of = (target: number, seats: number, day = "2026-11-24") =>
  ({ today: { day: "2026-11-24", target }, open_days: [{ day, minutes: 420, seats }] }) as unknown as Progress;

it("one's share of the day is the plan over the seats that are worked", () => {
  expect(ownShare(of(280, 2))).toBe(140);
  expect(ownShare(of(281, 2))).toBe(141);
  expect(ownShare(of(280, 1))).toBe(280);
  expect(ownShare(of(280, 0))).toBe(0);
  expect(ownShare(of(0, 2))).toBe(0);
  expect(ownShare(of(280, 2, "2026-11-23"))).toBe(0);
});
