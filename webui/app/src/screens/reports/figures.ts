import type { ReportCell, ReportColumn } from "../../api/types";
import { said } from "./said";

const whole = new Intl.NumberFormat("ja-JP", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("ja-JP", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** A cell as it is read: its words, a figure in its unit, or why there is none. */
export function figure(cell: ReportCell | undefined, unit: ReportColumn["unit"], absent: { none: string; unused: string }): string {
  if (cell?.text) return said(cell.text);
  if (cell?.value === undefined) return cell?.absent === "unused" ? absent.unused : absent.none;
  switch (unit) {
    case "percent":
      return `${tenths.format(cell.value)} %`;
    case "rate":
    case "seconds":
      return tenths.format(cell.value);
    default:
      return whole.format(cell.value);
  }
}

/** Nothing stands behind words, behind nought, nor behind what was given. */
export const opens = (cell: ReportCell | undefined, column: ReportColumn) => cell?.value !== undefined && cell.value !== 0 && !column.given && column.unit !== "words";

/** The fiscal year in which a day (YYYY-MM-DD) lies, by the year of its April. */
export function fiscalYear(day: string): string {
  const year = Number(day.slice(0, 4));
  return String(Number(day.slice(5, 7)) >= 4 ? year : year - 1);
}
