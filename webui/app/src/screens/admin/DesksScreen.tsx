import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconPencil, IconPhoneCall } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDesks } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { Desk, SeatedPhone } from "../../api/types";
import { languageName } from "../../format/language";
import { dayAndTime } from "../../format/time";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Chip } from "../../parts/Chip";
import { Notice } from "../../parts/Notice";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import { PhoneChip } from "../desk/SeatPicker";
import css from "./desks.module.css";
import { Rename } from "./Rename";
import { TestCall } from "./TestCall";

/** Desks and their phones, live, for who looks after them: each can be renamed, and its phone rung. */
export function DesksScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const { data: desks } = useDesks();
  // Who sits where decides what is spoken there: asked anew when that changes.
  const seats = (desks ?? []).map((d) => d.operator ?? "").join(" ");
  const { data: phones, error } = useQuery({ queryKey: [...keys.phones, seats], queryFn: kakeru.getPhones, placeholderData: (before) => before });
  const [testing, setTesting] = useState<Desk | null>(null);
  const [renaming, setRenaming] = useState<Desk | null>(null);
  const gone = (desks ?? []).filter((d) => d.registered === false);
  const phoneOf = (d: Desk | null) => phones?.find((p) => p.desk === d?.id);
  return (
    <div className={page.page}>
      <h1 className={page.title}>{t("door.desks")}</h1>
      {gone.length > 0 && <Notice tone="bad">{t("desks.gone_hint")}</Notice>}
      {error && <Notice tone="bad">{say(error)}</Notice>}
      <ul className={css.rows}>
        {(desks ?? []).map((d) => (
          <DeskRow key={d.id} desk={d} phone={phoneOf(d)} onTest={() => setTesting(d)} onRename={() => setRenaming(d)} />
        ))}
      </ul>
      <TestCall desk={testing} phone={phoneOf(testing)} onClose={() => setTesting(null)} />
      <Rename desk={renaming} nameKey={phoneOf(renaming)?.name_key ?? ""} onClose={() => setRenaming(null)} />
    </div>
  );
}

function DeskRow({ desk, phone, onTest, onRename }: { desk: Desk; phone: SeatedPhone | undefined; onTest: () => void; onRename: () => void }) {
  const { t } = useTranslation();
  const idle = (desk.state === "empty" || desk.state === "ready") && !desk.ringing;
  const names = (codes: string[]) => codes.map(languageName).join("、");
  return (
    <li className={`${parts.panel} ${css.desk}`} data-desk={desk.id}>
      <div className={css.head}>
        <h2>{desk.name}</h2>
        <code>{desk.id}</code>
        <PhoneChip desk={desk} />
        <Chip tone={desk.state === "in_call" ? "talk" : desk.state === "empty" ? "still" : "note"}>{t(`desk_state.${desk.state}`)}</Chip>
      </div>
      <dl className={css.facts}>
        <dt>{t("attempt.operator")}</dt>
        <dd>{desk.operator_name || t("desks.nobody")}</dd>
        <dt>{t("desks.spoken")}</dt>
        <dd>{phone && (phone.spoken.length > 0 ? names(phone.spoken) : t(desk.operator ? "desks.japanese" : "desks.nobody"))}</dd>
        {phone && phone.languages.length > 0 && (
          <>
            <dt>{t("desks.desk_languages")}</dt>
            <dd>{names(phone.languages)}</dd>
          </>
        )}
        <dt>{t("desks.profile")}</dt>
        <dd>{phone && `${phone.profile} · ${t(phone.auto ? "desks.auto" : "desks.by_hand")}`}</dd>
        <dt>{t("desks.way")}</dt>
        <dd>
          {phone && t(`desks.ways.${phone.way}`, { via: phone.via })}
          {phone?.srtp && ` · ${t("desks.srtp")}`}
        </dd>
        <dt>{t("desks.since")}</dt>
        <dd className="digits">{dayAndTime(desk.since, language())}</dd>
      </dl>
      <div className={css.acts}>
        <Button variant="default" leftSection={<IconPencil size={16} aria-hidden />} aria-label={t("desks.rename_of", { name: desk.name })} disabled={!phone} onClick={onRename}>
          {t("desks.rename")}
        </Button>
        <Button variant="default" leftSection={<IconPhoneCall size={16} aria-hidden />} aria-label={t("desks.test_of", { name: desk.name })} disabled={!idle} onClick={onTest}>
          {t("desks.test")}
        </Button>
      </div>
      {!idle && <p className="quiet" style={{ margin: 0 }}>{t("desks.test_later")}</p>}
    </li>
  );
}
