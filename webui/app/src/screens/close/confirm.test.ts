import { describe, expect, it } from "vitest";
import { confirms, typedDay } from "./confirm";

describe("the day that confirms the contract's end", () => {
  it.each(["2026-11-24", " 2026-11-24 ", "２０２６－１１－２４", "２０２６ー１１ー２４", "2026−11−24"])("is taken as %j", (text) => {
    expect(confirms(text, "2026-11-24")).toBe(true);
    expect(typedDay(text)).toBe("2026-11-24");
  });

  it.each(["", "2026-11-2", "2026-11-25", "2026/11/24", "20261124", "yes"])("is not taken as %j", (text) => {
    expect(confirms(text, "2026-11-24")).toBe(false);
  });

  it("is never an empty one", () => expect(confirms("", "")).toBe(false));
});
