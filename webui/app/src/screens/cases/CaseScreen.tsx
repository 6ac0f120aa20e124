import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCase } from "../../api/hooks";
import { dayAndTime, isTime } from "../../format/time";
import { language } from "../../i18n";
import { Chip } from "../../parts/Chip";
import { copyText } from "../../parts/copy";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import { useProblemText } from "../../parts/useWords";
import { AttemptDrawer } from "../attempts/AttemptDrawer";
import { KinLine } from "../../parts/KinLine";
import { PaidLine } from "../../parts/PaidLine";
import { PromiseTable } from "../promises/PromiseTable";
import { KinLinks } from "./KinLinks";
import { CasePanel } from "../desk/CasePanel";
import { History } from "../desk/History";
import { CopyRecord } from "./CopyRecord";

const tones = { waiting: "note", result_due: "wait", held: "bad", closed: "still" } as const;

/** One case with its whole history. */
export function CaseScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const { id } = useParams({ strict: false });
  const { data, error } = useCase(id);
  const [copied, setCopied] = useState(false);
  const [opened, setOpened] = useState<string | null>(null);
  if (error) {
    return (
      <div className={page.page}>
        <Notice tone="bad">{say(error)}</Notice>
      </div>
    );
  }
  if (!data) return null;
  const about = data.case;
  return (
    <div className={page.page}>
      <div>
        <Chip tone={tones[about.next.state]}>
          {t(`case_state.${about.next.state}`)}
          {isTime(about.next.due) && ` ${dayAndTime(about.next.due, language())}`}
        </Chip>
      </div>
      {data.masked && <Notice tone="note">{t("case.masked")}</Notice>}
      <CasePanel
        about={about}
        chosen={about.phones.find((p) => p.rank === about.next_number?.rank)}
        copied={copied}
        onCopy={() => void copyText(about.ward_number).then(setCopied)}
        identity={!data.identity.shown && <p className="quiet">{t("identity.hidden")}</p>}
      />
      {!data.masked && <CopyRecord key={about.id} caseID={about.id} keyed={opened === null} />}
      <KinLine kin={data.kin} />
      <KinLinks kin={data.kin} />
      {data.paid && <PaidLine paid={data.paid} />}
      {data.promises.length > 0 && <PromiseTable lines={data.promises} />}
      <History attempts={data.history ?? []} onOpen={setOpened} />
      <AttemptDrawer id={opened} onClose={() => setOpened(null)} />
    </div>
  );
}
