import { useTranslation } from "react-i18next";
import type { Quality, Sound } from "../../api/types";
import { Chip } from "../../parts/Chip";
import { gradeTones } from "../../parts/SoundChip";
import css from "./attempts.module.css";

/** How a talk sounded. */
export function Sounded({ quality }: { quality: Quality }) {
  const { t } = useTranslation();
  return (
    <>
      <h3>{t("sound.title")}</h3>
      <SoundTable quality={quality} />
      <p className="quiet">{t("sound.hint")}</p>
    </>
  );
}

/** How a talk sounds or sounded, by leg and direction, in a word and in figures. */
export function SoundTable({ quality }: { quality: Quality }) {
  const { t } = useTranslation();
  const { desk, customer } = quality;
  const ways = [["customer_in", customer.in], ["customer_out", customer.out], ["desk_in", desk.in], ["desk_out", desk.out]] as const;
  return (
    <table className={css.sounded} data-grade={quality.grade}>
      <thead>
        <tr>
          <th scope="col">{t("sound.of")}</th>
          <th scope="col">{t("sound.word")}</th>
          <th scope="col">{t("sound.loss")}</th>
          <th scope="col">{t("sound.jitter")}</th>
          <th scope="col">{t("sound.trip")}</th>
          <th scope="col">{t("sound.mos")}</th>
        </tr>
      </thead>
      <tbody>
        {ways.map(([way, sound]) => (
          <tr key={way} data-way={way}>
            <th scope="row">{t(`sound.way.${way}`)}</th>
            {sound ? <Figures sound={sound} /> : <td colSpan={5} className="quiet">{t("sound.unknown")}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Figures({ sound }: { sound: Sound }) {
  const { t } = useTranslation();
  return (
    <>
      <td>
        <Chip tone={gradeTones[sound.grade]}>{t(`sound.grade.${sound.grade}`)}</Chip>
      </td>
      <td className="digits">{sound.loss_percent.toFixed(1)} %</td>
      <td className="digits">{Math.round(sound.jitter_ms)} ms</td>
      <td className="digits">{sound.round_trip_ms === null ? "-" : `${Math.round(sound.round_trip_ms)} ms`}</td>
      <td className="digits">{t("sound.scores", { mos: sound.mos.toFixed(1), worst: sound.worst_mos.toFixed(1) })}</td>
    </>
  );
}
