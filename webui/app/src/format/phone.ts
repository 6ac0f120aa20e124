// Area codes of three digits that stand before a three-digit exchange: the large cities and all around Tokyo.
// Others are written 4-2-4. It is only for reading: the server normalises what is dialled.
const threeDigitAreas = new Set([
  "011", "015", "017", "018", "019", "022", "023", "024", "025", "026", "027", "028", "029", "042", "043", "044", "045",
  "046", "047", "048", "049", "052", "053", "054", "055", "058", "059", "072", "073", "075", "076", "077", "078", "079",
  "082", "083", "084", "086", "087", "088", "089", "092", "093", "095", "096", "097", "098", "099",
]);

/** Writes a number in national form with the hyphens people read it by: "0312345678" → "03-1234-5678". */
export function phoneNumber(digits: string): string {
  const cut = (...lengths: number[]) => {
    const parts: string[] = [];
    let at = 0;
    for (const length of lengths) {
      parts.push(digits.slice(at, at + length));
      at += length;
    }
    return parts.join("-");
  };
  if (!/^0\d{9,10}$/.test(digits)) return digits;
  if (/^(0120|0570|0990)/.test(digits) && digits.length === 10) return cut(4, 3, 3);
  if (digits.length === 11) return digits.startsWith("0800") ? cut(4, 3, 4) : cut(3, 4, 4);
  if (/^0[36]/.test(digits)) return cut(2, 4, 4);
  return threeDigitAreas.has(digits.slice(0, 3)) ? cut(3, 3, 4) : cut(4, 2, 4);
}
