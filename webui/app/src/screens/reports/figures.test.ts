import { describe, expect, it } from "vitest";
import { figure, fiscalYear, opens } from "./figures";

const absent = { none: "—", unused: "未使用" };

describe("a report's figures", () => {
  it("never read as zero what there is no figure for", () => {
    expect(figure({ absent: "unused" }, "count", absent)).toBe("未使用");
    expect(figure({ absent: "no_base" }, "percent", absent)).toBe("—");
    expect(figure(undefined, "count", absent)).toBe("—");
    expect(figure({ value: 0 }, "count", absent)).toBe("0");
  });
  it("say their words instead, also where there is no figure", () => {
    expect(figure({ text: { ja: "返却済", en: "returned" } }, "words", absent)).toBe("返却済");
    expect(figure({ absent: "unused", text: { ja: "記録なし", en: "no record" } }, "count", absent)).toBe("記録なし");
  });
  it("open where rows stand behind them", () => {
    const column = { key: "n", title: { ja: "", en: "" }, unit: "count" as const };
    expect(opens({ value: 3 }, column)).toBe(true);
    expect(opens({ value: 0 }, column)).toBe(false);
    expect(opens({ value: 3 }, { ...column, given: true })).toBe(false);
    expect(opens({ text: { ja: "済", en: "done" } }, { ...column, unit: "words" })).toBe(false);
  });
  it("are read in their unit", () => {
    expect(figure({ value: 1234567 }, "yen", absent)).toBe("1,234,567");
    expect(figure({ value: 33.3 }, "percent", absent)).toBe("33.3 %");
    expect(figure({ value: 7 }, "rate", absent)).toBe("7.0");
  });
});

describe("the fiscal year", () => {
  it("begins in April", () => {
    expect(fiscalYear("2027-03-31")).toBe("2026");
    expect(fiscalYear("2027-04-01")).toBe("2027");
  });
});
