import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import { Figures } from "./CloseRecord";
import { Check } from "./Check";
import css from "./close.module.css";
import { confirms, typedDay } from "./confirm";
import { useClosing } from "./useClosing";

/** 契約終了の返却, for the supervisor: folded, since nobody is to come here by the way. */
export function ContractEnd() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <section className={`${parts.panel} ${css.today}`} aria-labelledby="contract-end" data-contract-end>
      <h2 id="contract-end" className={css.day}>
        {t("contract_end.title")}
      </h2>
      <p className="quiet">{t("contract_end.lead")}</p>
      {open ? (
        <Asked />
      ) : (
        <Button variant="default" className={css.button} onClick={() => setOpen(true)}>
          {t("contract_end.open")}
        </Button>
      )}
    </section>
  );
}

/** What goes, what stays, the day to be typed, and the button. */
function Asked() {
  const { t } = useTranslation();
  const say = useProblemText();
  const { refusal, ask } = useClosing();
  const [typed, setTyped] = useState("");
  const { data: end, error } = useQuery({ queryKey: [...keys.closeState, "final"], queryFn: kakeru.getContractEnd });

  async function begin(day: string) {
    await ask(() => kakeru.closeDay(day, typedDay(typed)));
    setTyped("");
  }

  if (error) return <Notice tone="bad">{say(error)}</Notice>;
  if (!end) return null;
  return (
    <>
      {refusal !== null && <Notice tone="bad">{say(refusal)}</Notice>}
      <ul className={css.checks}>
        {end.checklist.map((item) => (
          <Check key={item.name} item={item} />
        ))}
      </ul>
      {end.closed && <Notice tone="wait">{t("contract_end.closed")}</Notice>}
      <Figures title={t("contract_end.goes")} counts={end.goes} />
      <Notice tone="note">{t("contract_end.what_goes")}</Notice>
      <Notice tone="note">{t("contract_end.what_stays")}</Notice>
      <Notice tone="bad">{t("contract_end.no_way_back")}</Notice>
      <TextInput
        label={t("contract_end.type", { day: end.day })}
        value={typed}
        disabled={!end.ready}
        autoComplete="off"
        onChange={(e) => setTyped(e.currentTarget.value)}
        style={{ maxWidth: "20rem" }}
      />
      <Button size="md" color="red" className={css.button} disabled={!end.ready || !confirms(typed, end.day)} onClick={() => void begin(end.day)}>
        {t("contract_end.button")}
      </Button>
    </>
  );
}
