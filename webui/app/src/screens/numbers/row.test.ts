import { describe, expect, it } from "vitest";
import { afterEnter, afterRefusal, empty, shown } from "./row";

const full = { ward_number: "123", number: "0300001234", again: "0300001234" };

describe("a row of numbers", () => {
  it("is gone through by Enter alone, and entered from its last field", () => {
    expect(afterEnter(empty, "ward_number")).toBe("ward_number");
    expect(afterEnter({ ...empty, ward_number: "123" }, "ward_number")).toBe("number");
    expect(afterEnter({ ...full, again: "" }, "number")).toBe("again");
    expect(afterEnter({ ...full, again: " " }, "again")).toBe("again");
    expect(afterEnter(full, "again")).toBeNull();
  });

  it("goes back to what was left out", () => {
    expect(afterEnter({ ...full, ward_number: "" }, "again")).toBe("ward_number");
    expect(afterEnter(full, "number")).toBe("again");
  });

  it("hides the first number while the second is typed, and only then", () => {
    expect(shown("0300", "again")).toBe("••••");
    expect(shown("0300", "number")).toBe("0300");
    expect(shown("0300", null)).toBe("0300");
  });

  it("asks for both numbers again when they differ, and for no more than is wrong otherwise", () => {
    expect(afterRefusal(full, { again: "x" })).toEqual({ row: { ...empty, ward_number: "123" }, at: "number" });
    expect(afterRefusal(full, { number: "x" })).toEqual({ row: { ...full, again: "" }, at: "number" });
    expect(afterRefusal(full, { ward_number: "x", number: "x" })).toEqual({ row: { ...full, again: "" }, at: "ward_number" });
  });
});
