import { useTranslation } from "react-i18next";
import type { ScriptPage } from "../../api/types";
import { toLocalField } from "../../format/time";
import { blocksOf, type Span } from "./markup";
import css from "./scripts.module.css";

/** A page as it is read, with the date of the ward's approval on it. */
export function PageText({ page }: { page: ScriptPage }) {
  const { t } = useTranslation();
  return (
    <article className={css.page} lang={page.language} data-script={page.key} data-language={page.language}>
      <h3>{page.title}</h3>
      {blocksOf(page.body).map((block, i) =>
        block.kind === "list" ? (
          <ul key={i}>
            {block.items.map((item, n) => (
              <li key={n}>
                <Line spans={item} />
              </li>
            ))}
          </ul>
        ) : (
          <p key={i}>
            {block.lines.map((line, n) => (
              <span key={n}>
                {n > 0 && <br />}
                <Line spans={line} />
              </span>
            ))}
          </p>
        ),
      )}
      {page.state === "approved" && page.decided_at && (
        <p className="quiet digits">{t("scripts.approved_on", { date: toLocalField(page.decided_at).slice(0, 10) })}</p>
      )}
    </article>
  );
}

function Line({ spans }: { spans: Span[] }) {
  return spans.map((span, i) => (span.bold ? <b key={i}>{span.text}</b> : <span key={i}>{span.text}</span>));
}
