import { useTranslation } from "react-i18next";
import type { ReportSection } from "../../api/types";
import { Empty } from "../../parts/Empty";
import parts from "../../parts/parts.module.css";
import { figure, heatLevel, heatSteps } from "./figures";
import css from "./heat.module.css";
import { Notes, Reading } from "./SectionTable";
import frame from "./reports.module.css";
import { said } from "./said";

/** The sections that the server sends for one heat map, by their keys. */
export const heatSections = { rate: "heat_rate", reached: "heat_reached", attempts: "heat_attempts" } as const;

/** Below so many attempts a rate is not compared. */
const enough = 30;

interface Props {
  sections: ReportSection[];
  onOpen: ((section: string, row: string, column: string) => void) | undefined;
}

/** 曜日×時間帯: how often somebody was reached. The figures stand in the cells; their colour only helps to find them. */
export function HeatMap({ sections, onOpen }: Props) {
  const { t } = useTranslation();
  const of = (key: string) => sections.find((s) => s.key === key);
  const rate = of(heatSections.rate);
  if (!rate) return null;
  const rows = rate.rows ?? [];
  const columns = rate.columns ?? [];
  const count = (key: string, row: number, column: number) => of(key)?.rows?.[row]?.cells?.[column]?.value ?? 0;
  return (
    <section className={`${parts.panel} ${frame.section}`} aria-labelledby="section-heat" data-section={rate.key}>
      <h3 id="section-heat" className={frame.head}>
        {said(rate.title)}
      </h3>
      <Reading of={rate} />
      {rows.length === 0 ? (
        <Empty title={t("reports.nothing")} />
      ) : (
        <div className={frame.scroll} tabIndex={0} role="group" aria-label={said(rate.title)}>
          <table className={css.heat}>
            <thead>
              <tr>
                <td />
                {columns.map((c) => (
                  <th key={c.key} scope="col">
                    {said(c.title)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, r) => (
                <tr key={row.key}>
                  <th scope="row">{said(row.title)}</th>
                  {columns.map((c, i) => (
                    <HeatCell
                      key={c.key}
                      where={`${rate.key}/${row.key}/${c.key}`}
                      name={`${said(row.title)} ${said(c.title)}`}
                      rate={row.cells?.[i]?.value}
                      reached={count(heatSections.reached, r, i)}
                      attempts={count(heatSections.attempts, r, i)}
                      onOpen={onOpen && ((section) => onOpen(section, row.key, c.key))}
                    />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rows.length > 0 && <Legend />}
      <Notes of={rate} />
    </section>
  );
}

interface CellProps {
  where: string;
  name: string;
  rate: number | undefined;
  reached: number;
  attempts: number;
  onOpen: ((section: string) => void) | undefined;
}

function HeatCell({ where, name, rate, reached, attempts, onOpen }: CellProps) {
  const { t } = useTranslation();
  if (rate === undefined)
    return (
      <td data-cell={where} className={css.nothing}>
        —
      </td>
    );
  const percent = figure({ value: rate }, "percent", { none: "—", unused: "" });
  const base = t("reports.heat_of", { reached, attempts });
  return (
    <td data-cell={where} data-level={heatLevel(rate)} data-few={attempts < enough || undefined}>
      <Opener className={css.rate} text={percent} name={t("reports.open", { name, figure: percent })} onOpen={onOpen && reached > 0 ? () => onOpen(heatSections.reached) : undefined} />
      <Opener className={css.base} text={base} name={t("reports.open", { name, figure: base })} onOpen={onOpen && (() => onOpen(heatSections.attempts))} />
    </td>
  );
}

/** A figure, which opens the calls behind it where it can. */
function Opener({ className, text, name, onOpen }: { className: string | undefined; text: string; name: string; onOpen: (() => void) | undefined }) {
  return onOpen ? (
    <button type="button" className={`${frame.figure} ${className}`} onClick={onOpen} aria-label={name}>
      {text}
    </button>
  ) : (
    <span className={className}>{text}</span>
  );
}

function Legend() {
  const { t } = useTranslation();
  return (
    <ul className={css.legend} aria-label={t("reports.legend")}>
      {heatSteps.map((from, level) => (
        <li key={from}>
          <span data-level={level} />
          {level + 1 < heatSteps.length ? t("reports.heat_from", { from, to: heatSteps[level + 1] }) : t("reports.heat_over", { from })}
        </li>
      ))}
      <li>
        <span data-few />
        {t("reports.heat_few", { count: enough })}
      </li>
    </ul>
  );
}
