import { describe, expect, it } from "vitest";
import { phoneNumber } from "./phone";

describe("phoneNumber", () => {
  it.each([
    ["0300001234", "03-0000-1234"],
    ["0600001234", "06-0000-1234"],
    ["09000001234", "090-0000-1234"],
    ["05000001234", "050-0000-1234"],
    ["0120000123", "0120-000-123"],
    ["0570000123", "0570-000-123"],
    ["08000001234", "0800-000-1234"],
    ["0450001234", "045-000-1234"],
    ["0473001234", "047-300-1234"],
    ["0139001234", "0139-00-1234"],
  ])("writes %s as %s", (digits, written) => expect(phoneNumber(digits)).toBe(written));

  it.each(["", "110", "***-****-**12", "•••••••••12", "abc", "031234"])("leaves %s alone", (text) => expect(phoneNumber(text)).toBe(text));
});
