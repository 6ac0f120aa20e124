import { beforeEach, describe, expect, it } from "vitest";
import * as d from "./draft";

class Memory {
  [name: string]: unknown;
  getItem(name: string) {
    return Object.hasOwn(this, name) ? (this[name] as string) : null;
  }
  setItem(name: string, value: string) {
    this[name] = value;
  }
  removeItem(name: string) {
    delete this[name];
  }
}

const proposed = d.emptyDraft(24500, "2026-12-01");

describe("the result form", () => {
  it("proposes all that is owed", () => expect(proposed).toMatchObject({ amount: "24,500", dueOn: "2026-12-01", means: "slip" }));

  it("makes a complaint that came in a result too, and takes it back with the kind", () => {
    const talked = { ...proposed, party: "self" as const, business: ["information" as const] };
    const complained = d.chooseKind(talked, "complaint");
    expect(d.entryOf(complained)).toEqual({ party: "self", business_results: ["information", "complaint"], kind: "complaint" });
    expect(d.chooseKind(complained, "complaint").business).toEqual(["information", "complaint"]);
    expect(d.entryOf(d.chooseKind(complained, "inquiry"))).toEqual({ party: "self", business_results: ["information"], kind: "inquiry" });
    // One that was pressed for itself stays.
    const both = { ...talked, business: ["complaint" as const] };
    expect(d.chooseKind(both, "inquiry").business).toEqual(["complaint"]);
  });

  it("sends a promise only with the result promise", () => {
    const talked = { ...proposed, party: "self" as const, business: ["information" as const] };
    expect(d.entryOf(talked)).toEqual({ party: "self", business_results: ["information"] });
    expect(d.entryOf(d.toggleBusiness(talked, "promise")).promise).toEqual({ amount_yen: 24500, due_on: "2026-12-01", means: "slip" });
  });

  it("reads full-width amounts, and sends nought for what is no amount", () => {
    const promised = { ...proposed, business: ["promise" as const] };
    expect(d.entryOf({ ...promised, amount: "１２，０００円" }).promise!.amount_yen).toBe(12000);
    expect(d.entryOf({ ...promised, amount: "全額" }).promise!.amount_yen).toBe(0);
  });

  it("sends a call-back time as Tokyo time, and whose it is only with it", () => {
    expect(d.entryOf({ ...proposed, callAgain: "2026-11-25T10:00", mine: true })).toMatchObject({
      call_again_at: "2026-11-25T10:00:00+09:00",
      mine: true,
    });
    expect(d.entryOf({ ...proposed, mine: true })).not.toHaveProperty("mine");
  });

  it("keeps the first result first", () => {
    let draft = d.toggleBusiness(d.toggleBusiness(proposed, "promise"), "information");
    expect(draft.business).toEqual(["promise", "information"]);
    draft = d.toggleBusiness(d.toggleBusiness(draft, "promise"), "promise");
    expect(draft.business).toEqual(["information", "promise"]);
  });

  it("drops what needs a person when there was none, and proposes 本人不在", () => {
    const draft = d.chooseParty({ ...proposed, business: ["promise"] }, "voicemail", true);
    expect(draft.business).toEqual(["not_in"]);
    expect(d.chooseParty({ ...proposed, business: ["message_left", "promise"] }, "recorder", true).business).toEqual(["message_left"]);
    expect(d.chooseParty({ ...proposed, business: ["promise"] }, "family", false).business).toEqual(["promise"]);
  });

  it("tells the ward, names the language and forbids the number only with results that lead there", () => {
    const typed = { ...proposed, told: { slip_reissue: " 第5期 ", hardship: "  ", instalments: "月5千円" }, spoken: "vi", doNotCall: true };
    expect(d.entryOf({ ...typed, business: ["information"] })).toEqual({ party: "", business_results: ["information"] });
    expect(d.entryOf({ ...typed, business: ["slip_reissue", "hardship", "language", "complaint"] })).toMatchObject({
      handoffs: [{ kind: "slip_reissue", text: "第5期" }],
      language: "vi",
      do_not_call: true,
    });
    expect(d.entryOf({ ...typed, spoken: "", business: ["language"] })).not.toHaveProperty("language");
    expect(d.hasMore(["promise", "information"])).toBe(false);
    for (const b of ["refuses_to_pay", "complaint", "language", "wrong_number", "moved_or_deceased"] as const) expect(d.hasMore([b])).toBe(true);
  });

  it("shows a recorded entry as it can be sent again", () => {
    const entry = {
      party: "self",
      business_results: ["promise"],
      promise: { amount_yen: 5000, due_on: "2026-12-10", means: "bank" },
      note: "夕方在宅",
      call_again_at: "2026-11-25T10:00:00+09:00",
      mine: true,
    } as const;
    const recorded = { ...entry, business_results: [...entry.business_results], revision: 1, by_name: "x", at: "" };
    expect(d.entryOf(d.draftOf(recorded, proposed))).toEqual(entry);
    const vi = { ...recorded, business_results: ["language" as const], promise: null, language: "vi" };
    expect(d.entryOf(d.draftOf(vi, proposed)).language).toBe("vi");
  });
});

describe("kept drafts", () => {
  beforeEach(() => {
    Object.defineProperty(globalThis, "sessionStorage", { value: new Memory(), configurable: true });
  });

  it("outlive a reload, one for each attempt and person", () => {
    d.keepDraft("u1", "a1", { ...proposed, note: "x" });
    expect(d.loadDraft("u1", "a1")!.note).toBe("x");
    expect(d.loadDraft("u1", "a2")).toBeNull();
    expect(d.loadDraft("u2", "a1")).toBeNull();
    d.dropDraft("u1", "a1");
    expect(d.loadDraft("u1", "a1")).toBeNull();
  });

  it("are forgotten for everybody else, or for all", () => {
    d.keepDraft("u1", "a1", proposed);
    d.keepDraft("u2", "a2", proposed);
    d.dropDraftsBut("u2");
    expect(d.loadDraft("u1", "a1")).toBeNull();
    expect(d.loadDraft("u2", "a2")).not.toBeNull();
    d.dropDraftsBut(null);
    expect(d.loadDraft("u2", "a2")).toBeNull();
  });

  it("do without storage", () => {
    Object.defineProperty(globalThis, "sessionStorage", {
      get: () => {
        throw new Error("forbidden");
      },
      configurable: true,
    });
    expect(() => d.keepDraft("u1", "a1", proposed)).not.toThrow();
    expect(d.loadDraft("u1", "a1")).toBeNull();
    expect(() => d.dropDraftsBut(null)).not.toThrow();
  });
});
