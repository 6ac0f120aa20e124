import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Standing } from "../../api/types";
import { shortDate } from "../../format/time";
import { yen as grouped } from "../../format/yen";
import { Chip, type Tone } from "../../parts/Chip";
import { LineChart } from "../../parts/LineChart";
import { Panel } from "../../parts/Panel";
import css from "./targets.module.css";
import { nameOf } from "./words";

const tones: Record<Standing["state"], Tone> = {
  none: "still",
  unused: "still",
  over: "bad",
  over_likely: "wait",
  unknown: "still",
  on_track: "talk",
  at_risk: "wait",
  failing: "bad",
  reached: "talk",
  missed: "bad",
};

const tenths = new Intl.NumberFormat("ja-JP", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** How one target stands: in figures, in a sentence, and of the calls as a curve. */
export function StandingPanel({ standing: s, definition, wardName }: { standing: Standing; definition: string; wardName: string }) {
  const { t } = useTranslation();
  const title = nameOf(t, s);
  const ahead = s.done - s.plan;
  const running = s.hours_left > 0 && s.target > 0 && s.state !== "unused";
  return (
    <Panel title={title} side={<Chip tone={tones[s.state]}>{t(`targets.state.${s.state}`)}</Chip>}>
      <div data-standing={`${s.measure} ${s.kind}`} data-state={s.state} className={css.standing}>
        <p className={css.big}>
          {s.state === "unused" ? "—" : grouped(s.done)}
          <small>
            {" / "}
            {s.target > 0 ? (s.up_to ? t("targets.between", { low: grouped(s.target), high: grouped(s.up_to) }) : grouped(s.target)) : t("targets.no_target")}
          </small>
        </p>
        {running && (
          <p className={ahead >= 0 ? css.good : css.behind}>{ahead >= 0 ? t("targets.ahead", { n: grouped(ahead) }) : t("targets.behind", { n: grouped(-ahead) })}</p>
        )}
        <dl className={css.facts}>
          {running && s.state !== "unknown" && (
            <Fact name={t("targets.forecast")}>
              <b>{grouped(s.forecast.mid)}</b> <span className="quiet">{t("figures.range", { low: grouped(s.forecast.low), high: grouped(s.forecast.high) })}</span>
            </Fact>
          )}
          {running && s.state !== "reached" && s.state !== "unknown" && <Fact name={t("targets.chance")}>{tenths.format(s.chance)} %</Fact>}
          {s.measure === "calls" && s.pace !== undefined && <Fact name={t("targets.pace")}>{tenths.format(s.pace)}</Fact>}
          {s.measure === "calls" && s.needed !== undefined && <Fact name={t("targets.needed")}>{tenths.format(s.needed)}</Fact>}
          {running && s.measure === "calls" && <Fact name={t("targets.hours_left")}>{tenths.format(s.hours_left)}</Fact>}
          {s.most !== undefined && s.most > 0 && <Fact name={t("targets.most")}>{s.done > s.most ? t("targets.over_most", { n: grouped(s.done - s.most) }) : t("targets.left", { n: grouped(s.most - s.done), most: grouped(s.most) })}</Fact>}
          {s.measure === "calls" && <Fact name={t("targets.counted")}>{t(`figures.way.${definition as "attempts"}`)}</Fact>}
          {s.measure === "calls" && s.kind === "month" && (
            <Fact name={t("targets.set_by")}>{s.ward ? `${t("targets.ward", { name: wardName })} ${s.ward.reason}` : t("targets.contract")}</Fact>
          )}
        </dl>
        {s.failed_on && <p className={css.behind}>{t("targets.failed_on", { day: shortDate(s.failed_on) })}</p>}
        {s.measure === "calls" && s.target > 0 && <Curve standing={s} title={title} />}
      </div>
    </Panel>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Curve({ standing: s, title }: { standing: Standing; title: string }) {
  const { t } = useTranslation();
  const curve = s.curve ?? [];
  const last = curve.at(-1);
  const said = t("targets.curve_said", {
    title, done: grouped(s.done), target: grouped(s.target), low: grouped(last?.forecast?.low ?? s.done), high: grouped(last?.forecast?.high ?? s.done),
  });
  return (
    <LineChart
      at={curve.map((_, i) => i)}
      name={(i) => (curve[i] ? (s.kind === "year" ? String(Number(curve[i].day.slice(5, 7))) : String(Number(curve[i].day.slice(8)))) : "")}
      lines={[
        { label: t("targets.foretold"), points: curve.map((p) => p.forecast?.low ?? null), look: "band" },
        { label: t("targets.foretold_high"), points: curve.map((p) => p.forecast?.high ?? null), look: "band" },
        { label: t("chart.plan"), points: curve.map((p) => p.plan), look: "plan" },
        { label: t("chart.done"), points: curve.map((p) => p.done ?? null), look: "done" },
      ]}
      said={said}
    />
  );
}
