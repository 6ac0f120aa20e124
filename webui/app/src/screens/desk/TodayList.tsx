import { Button } from "@mantine/core";
import { IconDoorExit, IconPlayerSkipForward, IconSearch } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useProgress } from "../../api/hooks";
import { timeOfDay } from "../../format/time";
import { yen as grouped } from "../../format/yen";
import { language } from "../../i18n";
import { keepKeys } from "../../keys/keepKeys";
import { useLink } from "../../live/Live";
import { EntryLine } from "../../parts/AttemptLine";
import { Key } from "../../parts/Key";
import { DirectionWord } from "../../parts/DirectionWord";
import { AttemptResult } from "../../parts/ResultChip";
import { useOverlays } from "../../shell/overlays";
import { CaseFinder } from "./CaseFinder";
import parts from "../../parts/parts.module.css";
import css from "./desk.module.css";
import { useRecent } from "./Previous";
import type { MyDesk } from "./useDesk";

interface Props {
  mine: MyDesk;
  busy: boolean;
  onSkip: () => void;
  onPresent: (id: string) => void;
  onCorrect: (attempt: string) => void;
  onAway: () => void;
}

/** Beside the telephone while nothing is up: how the day goes, what was done here, and another case if this one will not do. */
export function TodayList({ mine, busy, onSkip, onPresent, onCorrect, onAway }: Props) {
  const { t } = useTranslation();
  const { open, show, close } = useOverlays();
  const lost = useLink().state !== "live";
  const attempts = useRecent().filter((a) => (a.desk === mine.desk.id || (a.origin === "manual" && a.operator === mine.desk.operator)) && a.ended_at);
  return (
    <section className={css.today} aria-label={t("today.title")}>
      <div className={css.todayTools}>
        <Button
          variant="default"
          size="sm"
          onMouseDown={keepKeys}
          disabled={busy || lost || !mine.desk.case_id}
          leftSection={<IconPlayerSkipForward size={17} aria-hidden />}
          rightSection={<Key name="S" />}
          aria-keyshortcuts="S"
          onClick={onSkip}
        >
          {t("desk.skip")}
        </Button>
        <Button
          variant="default"
          size="sm"
          onMouseDown={keepKeys}
          disabled={busy || lost}
          leftSection={<IconSearch size={17} aria-hidden />}
          rightSection={<Key name="/" />}
          aria-keyshortcuts="/"
          onClick={() => show("find")}
        >
          {t("desk.find")}
        </Button>
        <Button
          variant="default"
          size="sm"
          onMouseDown={keepKeys}
          disabled={busy || lost}
          leftSection={<IconDoorExit size={17} aria-hidden />}
          rightSection={<Key name="B" />}
          aria-keyshortcuts="B"
          onClick={onAway}
        >
          {t("away.go")}
        </Button>
      </div>
      <Pace />
      <h2 className={css.factHead}>{t("today.done_here")}</h2>
      {attempts.length === 0 ? (
        <p className="quiet">{t("today.nothing_yet")}</p>
      ) : (
        <ol className={css.todayList} tabIndex={0} aria-label={t("today.done_here")}>
          {attempts.map((a) => (
            <li key={a.id}>
              <span className="digits quiet">{timeOfDay(a.started_at, language())}</span>
              <DirectionWord attempt={a} />
              <AttemptResult attempt={a} />
              <span className={css.todayWhy}>
                <EntryLine attempt={a} />
              </span>
              {a.result === "answered" && a.case_id && (
                <button type="button" className={parts.linkButton} onClick={() => onCorrect(a.id)}>
                  {a.entry ? t("today.correct") : t("today.record")}
                </button>
              )}
            </li>
          ))}
        </ol>
      )}
      <CaseFinder
        opened={open === "find"}
        onClose={close}
        onChoose={onPresent}
        title={t("find.title")}
        hint={t("find.hint")}
        action={t("find.present")}
      />
    </section>
  );
}

function Pace() {
  const { t } = useTranslation();
  const { data: progress } = useProgress();
  if (!progress) return null;
  const { attempts, answered, target } = progress.today;
  const share = target > 0 ? Math.min(1, attempts / target) : 1;
  return (
    <div>
      <div className={css.paceWords}>
        <span>{t("today.centre")}</span>
        <span className="digits">
          <b className={css.paceDone}>{grouped(attempts)}</b>
          {target > 0 && ` / ${grouped(target)}`} {t("today.attempts")}
        </span>
        <span className="quiet digits">{t("today.answered", { count: answered })}</span>
      </div>
      <div className={css.paceBar} aria-hidden="true">
        <div style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  );
}
