import { describe, expect, it } from "vitest";
import { emptyDraft } from "../desk/draft";
import { bodyOf, type HandCall, nothingYet, talked } from "./handcall";

// Five past midnight of the 25th in Tokyo is still the 24th in Greenwich.
const now = Date.parse("2026-11-24T15:05:20Z");
const draft = { ...emptyDraft(0, "2026-12-01"), party: "self" as const, business: ["no_commitment" as const], note: " 携帯から " };
const call = (change: Partial<HandCall>): HandCall => ({ ...nothingYet(now), ...change });

describe("a call noted by hand", () => {
  it("is of this moment in Tokyo until another minute is typed, and of no other day", () => {
    expect(bodyOf(call({}), draft, now, false)).toEqual({ direction: "outbound", at: "2026-11-24T15:05:19.000Z" });
    expect(bodyOf(call({ at: "00:01" }), draft, now, false).at).toBe("2026-11-25T00:01:00+09:00");
    const midnight = Date.parse("2026-11-24T15:00:00.200Z");
    expect(bodyOf(nothingYet(midnight), draft, midnight, false).at).toBe("2026-11-24T15:00:00.000Z");
  });

  it("tells of a talk only where there was one", () => {
    const missed = call({ caseID: "c", mark: "m2", result: "no_answer", number: "0312345678" });
    expect(talked(missed)).toBe(false);
    expect(bodyOf(missed, draft, now, false)).toEqual({
      direction: "outbound", at: "2026-11-24T15:05:19.000Z", case_id: "c", result: "no_answer", number_mark: "m2",
    });
    const reached = bodyOf({ ...missed, result: "answered" }, draft, now, true);
    expect(reached).toMatchObject({ party: "self", business_results: ["no_commitment"], note: "携帯から", confirm: ["above_balance"] });
    expect(reached).not.toHaveProperty("number");
  });

  it("came in: with the caller's number where it is known, without a result, with its kind", () => {
    const came = call({ direction: "inbound", number: " 03-1234-5678 ", result: "busy", mark: "m1" });
    expect(talked(came)).toBe(true);
    expect(bodyOf(came, { ...draft, kind: "inquiry" }, now, false)).toEqual({
      direction: "inbound", at: "2026-11-24T15:05:19.000Z", number: "03-1234-5678", party: "self", business_results: ["no_commitment"],
      note: "携帯から", kind: "inquiry",
    });
  });
});
