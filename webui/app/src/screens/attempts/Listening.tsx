import { Button } from "@mantine/core";
import { IconHeadphones } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { getRecording } from "../../api/kakeru";
import type { Recording } from "../../api/types";
import { elapsed, timeWithSeconds } from "../../format/time";
import { language } from "../../i18n";
import { Notice } from "../../parts/Notice";
import { useProblemText } from "../../parts/useWords";
import css from "./attempts.module.css";

/** An attempt's recording, for those who may listen. It is fetched by a click alone: each time is written down. */
export function Listening({ attempt, recording }: { attempt: string; recording: Recording }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [sound, setSound] = useState("");
  const [asking, setAsking] = useState(false);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => () => URL.revokeObjectURL(sound), [sound]);

  async function fetchSound() {
    setAsking(true);
    setError(null);
    try {
      setSound(URL.createObjectURL(await getRecording(attempt)));
    } catch (problem) {
      setError(problem);
    } finally {
      setAsking(false);
    }
  }

  const from = timeWithSeconds(recording.from, language());
  return (
    <div className={css.listening} data-recording={attempt}>
      <p>{recording.until ? t("listening.span", { from, until: timeWithSeconds(recording.until, language()) }) : t("listening.broken", { from })}</p>
      {recording.pauses.map((p) => (
        <p key={p.from} className="quiet">
          {t("listening.pause", { from: timeWithSeconds(p.from, language()), length: elapsed(Date.parse(p.until) - Date.parse(p.from)) })}
        </p>
      ))}
      {recording.lost_seconds > 0 && <p className="quiet">{t("listening.lost", { seconds: Math.ceil(recording.lost_seconds) })}</p>}
      {recording.fault && <p className="quiet">{t(`listening.fault.${recording.fault}`)}</p>}
      {!recording.kept && <p className="quiet">{t(recording.silent ? "listening.silent" : "listening.gone")}</p>}
      {recording.kept && !sound && (
        <>
          <Button variant="default" size="sm" loading={asking} leftSection={<IconHeadphones size={16} aria-hidden />} onClick={() => void fetchSound()}>
            {t("listening.play")}
          </Button>
          <p className="quiet">{t("listening.logged")}</p>
        </>
      )}
      {sound && <audio controls controlsList="nodownload" autoPlay src={sound} aria-label={t("listening.title")} />}
      {error !== null && <Notice tone="bad">{say(error)}</Notice>}
    </div>
  );
}
