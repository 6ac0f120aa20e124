import { useTranslation } from "react-i18next";
import type { ReportCell, ReportColumn, ReportSection } from "../../api/types";
import { language } from "../../i18n";
import { Empty } from "../../parts/Empty";
import parts from "../../parts/parts.module.css";
import { figure, opens } from "./figures";
import css from "./reports.module.css";
import { said } from "./said";

/** Beyond so many columns a table is turned: its columns stand below one another, and its rows beside. */
const wide = 10;

/** How far a figure is set in: by one for each figure that it is part of. */
function depth(columns: ReportColumn[], of: ReportColumn): number {
  const whole = of.part_of ? columns.find((c) => c.key === of.part_of) : undefined;
  return whole ? 1 + depth(columns, whole) : 0;
}

/** One table of a report. Each figure that was counted opens the rows behind it, where onOpen says how: there are those of today alone. */
export function SectionTable({ section: s, onOpen }: { section: ReportSection; onOpen: ((row: string, column: string) => void) | undefined }) {
  const { t } = useTranslation();
  const rows = s.rows ?? [];
  const columns = s.columns ?? [];
  const turned = columns.length > wide;
  const cell = (row: (typeof rows)[number], i: number) => {
    const c = columns[i]!;
    return <Figure key={`${row.key} ${c.key}`} cell={row.cells?.[i]} column={c} name={`${said(row.title)} ${said(c.title)}`} where={`${s.key}/${row.key}/${c.key}`} onOpen={onOpen && (() => onOpen(row.key, c.key))} />;
  };
  return (
    <section className={`${parts.panel} ${css.section}`} aria-labelledby={`section-${s.key}`} data-section={s.key}>
      <h3 id={`section-${s.key}`} className={css.head}>
        {said(s.title)}
      </h3>
      <Reading of={s} />
      {rows.length === 0 ? (
        <Empty title={t("reports.nothing")} />
      ) : (
        <div className={css.scroll} tabIndex={0} role="group" aria-label={said(s.title)}>
          <table className={parts.table}>
            <thead>
              <tr>
                <td />
                {(turned ? rows : columns).map((c) => (
                  <th key={c.key} scope="col" className={"unit" in c && c.unit === "words" ? undefined : parts.number}>
                    {said(c.title)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {turned
                ? columns.map((c, i) => (
                    <tr key={c.key}>
                      <th scope="row" style={{ paddingInlineStart: `${0.6 + depth(columns, c)}rem` }}>
                        {said(c.title)}
                      </th>
                      {rows.map((row) => cell(row, i))}
                    </tr>
                  ))
                : rows.map((row) => (
                    <tr key={row.key}>
                      <th scope="row">{said(row.title)}</th>
                      {columns.map((_, i) => cell(row, i))}
                    </tr>
                  ))}
            </tbody>
          </table>
        </div>
      )}
      <Notes of={s} />
    </section>
  );
}

/** What a table's figures say, in a sentence. */
export function Reading({ of }: { of: ReportSection }) {
  return of.reading ? (
    <p className={css.reading} data-reading={of.key}>
      {said(of.reading)}
    </p>
  ) : null;
}

/** By which definition a table's figures were made. */
export function Notes({ of }: { of: ReportSection }) {
  return of.notes?.map((n) => (
    <p key={n.ja} className={css.note}>
      {language() === "en" ? "*" : "※"} {said(n)}
    </p>
  ));
}

function Figure({ cell, column, name, where, onOpen }: { cell: ReportCell | undefined; column: ReportColumn; name: string; where: string; onOpen: (() => void) | undefined }) {
  const { t } = useTranslation();
  const text = figure(cell, column.unit, { none: "—", unused: t("reports.unused") });
  return (
    <td className={column.unit === "words" ? css.words : parts.number} data-cell={where}>
      {onOpen && opens(cell, column) ? (
        <button type="button" className={css.figure} onClick={onOpen} aria-label={t("reports.open", { name, figure: text })}>
          {text}
        </button>
      ) : (
        <span className="quiet">{text}</span>
      )}
    </td>
  );
}
