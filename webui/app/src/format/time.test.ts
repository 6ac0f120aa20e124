import { describe, expect, it } from "vitest";
import { setEra } from "./era";
import * as time from "./time";

const at = "2026-11-24T05:05:09Z"; // 14:05:09 in Tokyo, a Tuesday

describe("time", () => {
  it("writes times of Tokyo whatever the machine's zone", () => {
    expect(time.timeOfDay(at, "ja")).toBe("14:05");
    expect(time.timeWithSeconds(at, "ja")).toBe("14:05:09");
    expect(time.dayAndTime(at, "ja")).toBe("11/24(火) 14:05");
    expect(time.dayAndTime(at, "en")).toBe("Tue 24 Nov 14:05");
    expect(time.longDate("2026-11-24", "ja")).toBe("2026年11月24日(火)");
    expect(time.plainDate("1956-03-02", "ja")).toBe("1956年3月2日");
    expect(time.plainDate("", "ja")).toBe("");
    expect(time.timeOfDay("2026-11-24T15:00:00Z", "en")).toBe("00:00");
  });

  it("counts years by the era where somebody wants that, in Japanese alone", () => {
    expect(time.monthName("2026-11", "ja")).toBe("2026年11月");
    expect(time.shortDate("2026-11-24")).toBe("2026/11/24");
    setEra(true);
    try {
      expect(time.longDate("2026-11-24", "ja")).toBe("令和8年11月24日(火)");
      expect(time.plainDate("1956-03-02", "ja")).toBe("昭和31年3月2日");
      expect(time.plainDate("2019-04-30", "ja")).toBe("平成31年4月30日");
      expect(time.plainDate("2019-05-01", "ja")).toBe("令和元年5月1日");
      expect(time.shortDate("2019-05-01")).toBe("R1/05/01");
      expect(time.shortDate("2026-11-24")).toBe("R8/11/24");
      expect(time.shortDate("")).toBe("");
      expect(time.monthName("2026-11", "ja")).toBe("令和8年11月");
      expect(time.fiscalYearName("2026", "ja")).toBe("令和8年");
      expect(time.fiscalYearName("2026", "en")).toBe("2026");
      expect(time.dayAndTime(at, "ja")).toBe("11/24(火) 14:05");
      expect(time.longDate("2026-11-24", "en")).toBe("Tue, 24 Nov 2026");
      expect(time.tokyoDate(Date.parse(at))).toBe("2026-11-24"); // what goes to the server never changes
      expect(time.toLocalField(at)).toBe("2026-11-24T14:05");
    } finally {
      setEra(false);
    }
    expect(time.plainDate("1956-03-02", "ja")).toBe("1956年3月2日");
  });

  it.each([
    [0, "0:00"],
    [-1500, "0:00"],
    [999, "0:00"],
    [7_000, "0:07"],
    [750_000, "12:30"],
    [3_723_000, "1:02:03"],
  ])("runs a clock: %d ms", (ms, text) => expect(time.elapsed(ms)).toBe(text));

  it("knows Go's zero time", () => {
    expect(time.isTime("0001-01-01T00:00:00Z")).toBe(false);
    expect(time.isTime(null)).toBe(false);
    expect(time.isTime(at)).toBe(true);
  });

  it("proposes weekdays only", () => {
    expect(time.weekdayAfter(Date.parse(at), 7)).toBe("2026-12-01");
    expect(time.weekdayAfter(Date.parse("2026-11-21T16:00:00Z"), 6)).toBe("2026-11-30"); // Sunday in Tokyo + 6 = Saturday
    for (let i = 0; i < 60; i++) {
      const date = time.weekdayAfter(Date.parse(at), i);
      expect([0, 6]).not.toContain(new Date(`${date}T00:00:00Z`).getUTCDay());
    }
  });

  it("crosses months and years", () => {
    expect(time.addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(time.addDays("2028-02-28", 1)).toBe("2028-02-29");
  });

  it("reads and writes the date-time field as Tokyo time", () => {
    expect(time.fromLocalField("2026-11-25T10:00")).toBe("2026-11-25T10:00:00+09:00");
    expect(time.fromLocalField("")).toBeNull();
    expect(time.toLocalField("2026-11-25T01:00:00Z")).toBe("2026-11-25T10:00");
  });
});
