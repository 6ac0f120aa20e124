import { IconVolume, IconVolumeOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Call, Grade } from "../api/types";
import { Chip, type Tone } from "./Chip";

export const gradeTones: Record<Grade, Tone> = { good: "talk", fair: "wait", poor: "bad" };

/** How a talk sounds now; nothing while that is not known, or somebody is not heard at all. */
export function SoundChip({ call }: { call: Call }) {
  const { t } = useTranslation();
  const { quality } = call;
  if (call.state !== "talking" || call.silent || !quality) return null;
  const grade = quality.now ?? quality.grade;
  return (
    <Chip tone={gradeTones[grade]} icon={<IconVolume size={15} aria-hidden />}>
      {t("sound.live", { grade: t(`sound.grade.${grade}`), mos: (quality.now_mos ?? quality.mos).toFixed(1) })}
    </Chip>
  );
}

/** Who of a talk is not heard; nothing while both are. */
export function SilenceChip({ call }: { call: Call }) {
  const { t } = useTranslation();
  if (call.state !== "talking" || !call.silent) return null;
  return (
    <Chip tone="bad" icon={<IconVolumeOff size={15} aria-hidden />}>
      {t(`sound.silent.${call.silent}`)}
    </Chip>
  );
}
