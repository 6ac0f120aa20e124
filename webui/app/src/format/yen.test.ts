import { describe, expect, it } from "vitest";
import { halfWidth, parseYen, yen } from "./yen";

describe("yen", () => {
  it.each([
    ["12300", 12300],
    ["１２３００", 12300],
    ["１２，３００円", 12300],
    ["¥12,300", 12300],
    ["￥１２，３００", 12300],
    [" 5 000 ", 5000],
    ["　５０００　", 5000],
    ["3万", 30000],
    ["３万円", 30000],
    ["1万2千5百", 12500],
    ["2千", 2000],
    ["1万500", 10500],
    ["0", 0],
  ])("reads %s", (typed, amount) => expect(parseYen(typed)).toBe(amount));

  it.each(["", "abc", "-500", "12.5", "1e5", "万", "千", "12300ドル", "9999999999", "999999999"])("refuses %s", (typed) =>
    expect(parseYen(typed)).toBeNull(),
  );

  it("writes separators", () => expect(yen(1234567)).toBe("1,234,567"));

  it("reads back what it writes", () => {
    for (let amount = 0; amount < 100_000_000; amount = amount * 3 + 7) expect(parseYen(yen(amount))).toBe(amount);
  });

  it("makes full-width text half-width", () => expect(halfWidth("０３－１２３４　Ａ")).toBe("03-1234 A"));
});
