import { expect, test } from "vitest";
import type { CaseBrief } from "../../api/types";
import { actsFor } from "./OrderForm";

const brief = (about: Partial<CaseBrief>) => ({ state: "waiting", pinned: false, order: null, ...about }) as CaseBrief;
const order = (act: "pin" | "skip" | "hold" | "release") => ({ act, by_name: "監督", at: "", until: null, reason: "理由" });

test.each([
  ["waits", brief({}), ["pin", "skip", "hold"]],
  ["is held", brief({ state: "held" }), ["release", "pin", "skip"]],
  ["is pinned", brief({ pinned: true, order: order("pin") }), ["pin", "skip", "hold", "release"]],
  ["is put off", brief({ order: order("skip") }), ["pin", "skip", "hold", "release"]],
  ["was released", brief({ order: order("release") }), ["pin", "skip", "hold"]],
])("what may be ordered of a case that %s", (_, about, want) => {
  expect(actsFor(about)).toEqual(want);
});
