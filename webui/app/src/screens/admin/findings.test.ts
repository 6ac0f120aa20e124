import { describe, expect, it } from "vitest";
import en from "../../i18n/en.screens.json";
import ja from "../../i18n/ja.screens.json";
import type { DeskTest } from "../../api/types";
import { findings } from "./findings";

const well: DeskTest = {
  desk: "desk1", at: "2026-11-24T10:00:00+09:00", end: "done", registered: true, auto: false, rang_after_ms: 40, answered_after_ms: 2100,
  status: 0, codec: "PCMU", sent: 250, heard: 240, reported: true,
};
const keys = (r: DeskTest) => findings(r).lines.map((l) => l.key);

describe("what a test call has shown", () => {
  it("is well when the phone rang, was lifted and both ways were heard", () => {
    expect(findings(well).well).toBe(true);
    expect(keys(well)).toEqual(["registered", "rang", "lifted", "codec", "sent", "heard"]);
  });
  it("is not well when nothing comes from the phone, or its reports miss our sound", () => {
    expect(findings({ ...well, heard: 0 }).well).toBe(false);
    expect(keys({ ...well, heard: 0 })).toContain("not_heard");
    expect(findings({ ...well, reported: false }).well).toBe(false);
  });
  it("does not claim that the phone heard us when it says nothing of it", () => {
    expect(keys({ ...well, reported: null })).toContain("sent_unreported");
  });
  it("tells a refusal, a phone that only rings, and one that is silent apart", () => {
    const none = { ...well, answered_after_ms: null, codec: "", sent: 0, heard: 0, reported: null };
    expect(keys({ ...none, end: "declined", status: 486, rang_after_ms: null })).toEqual(["registered", "not_rung", "status_486"]);
    expect(keys({ ...none, end: "declined", status: 499 })).toContain("status_other");
    expect(keys({ ...none, end: "no_answer", auto: true })).toEqual(["registered", "rang", "did_not_answer_itself"]);
    expect(keys({ ...none, end: "silent", rang_after_ms: null, registered: null })).toEqual(["unknown_registration", "not_rung"]);
  });
  it("has a sentence for each, in both languages", () => {
    const all = ["registered", "unregistered", "unknown_registration", "rang", "not_rung", "lifted", "answered_itself", "did_not_answer_itself", "codec", "sent",
      "sent_lost", "sent_unreported", "heard", "not_heard", "status_other", ...[404, 408, 415, 480, 486, 488, 503, 603].map((n) => `status_${n}`)];
    for (const words of [ja, en]) expect(Object.keys(words.desks.found).sort()).toEqual(all.sort());
  });
});
