/** Writes yen with separators and no sign: 12300 → "12,300". */
export function yen(amount: number): string {
  return amount.toLocaleString("ja-JP");
}

/** Turns full-width digits, letters and signs into the half-width ones people mean by them. */
export function halfWidth(text: string): string {
  return text.replace(/[！-～]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).replace(/　/g, " ");
}

/**
 * Reads an amount as people type it: "12300", "１２，３００円", "¥12,300", "3万", "1万2千5百". Returns null for anything else,
 * and for more than a hundred million, which is a slip of the finger.
 */
export function parseYen(typed: string): number | null {
  const text = halfWidth(typed).replace(/[\s,¥￥\\円]/g, "");
  const whole = /^\d{1,9}$/.exec(text);
  if (whole) return inRange(Number(text));
  const worded = /^(?:(\d{1,4})万)?(?:(\d)千)?(?:(\d)百)?(\d{1,3})?$/.exec(text);
  if (!worded || !/[万千百]/.test(text)) return null;
  const [, man, sen, hyaku, rest] = worded.map((part) => Number(part ?? 0));
  return inRange((man ?? 0) * 10_000 + (sen ?? 0) * 1_000 + (hyaku ?? 0) * 100 + (rest ?? 0));
}

function inRange(amount: number): number | null {
  return amount <= 100_000_000 ? amount : null;
}
