/** The months up to the one of an instant in Tokyo, newest first, as YYYY-MM. */
export function monthsTo(at: number, count: number): string[] {
  const now = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Tokyo", year: "numeric", month: "2-digit" }).format(new Date(at));
  const [year, month] = now.split("-").map(Number);
  return Array.from({ length: count }, (_, i) => new Date(Date.UTC(year!, month! - 1 - i, 1)).toISOString().slice(0, 7));
}
