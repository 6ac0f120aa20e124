import { Modal } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import { businesses, businessKeys, parties, type Phase } from "../../keys/keymap";
import { Key } from "../../parts/Key";
import { useOverlays } from "../../shell/overlays";
import { useBeside } from "../../shell/useBeside";
import { useMyDesk } from "../desk/useDesk";
import { choosing, type Group, inOrder, keysOf } from "./groups";
import css from "./help.module.css";

/** All keys, those of the moment first. At the desk it lies beside the telephone. */
export default function Help() {
  const { t } = useTranslation();
  const { close } = useOverlays();
  const { role } = useSession().user;
  const phase = useMyDesk()?.phase;
  const beside = useBeside();
  const dials = role === "operator" || role === "supervisor";
  return (
    <Modal {...beside} opened onClose={close} title={t("shell.keys")} size={dials ? "xl" : "md"} closeButtonProps={{ "aria-label": t("common.close") }}>
      {dials ? (
        <DeskKeys phase={phase} />
      ) : (
        <Keys
          rows={[
            ["Tab", t("help.key.tab")],
            ["Enter", t("help.key.press")],
            ["?", t("help.key.help")],
          ]}
        />
      )}
      <p className={css.note}>{dials ? t("help.never_dials") : t("help.all_by_keys")}</p>
    </Modal>
  );
}

function DeskKeys({ phase }: { phase: Phase | undefined }) {
  const { t } = useTranslation();
  const groups = inOrder(phase);
  const now = phase ? groups.slice(0, choosing(phase) && phase === "talking" ? 2 : 1) : [];
  const later = groups.slice(now.length);
  const letters = (
    <>
      <Part title={t("form.party")} now={choosing(phase)} rows={parties.map((party, i) => [String(i + 1), t(`party.${party}`)])} />
      <Part title={t("form.business")} now={choosing(phase)} rows={businesses.map((b) => [businessKeys[b], t(`business.${b}`)])} />
    </>
  );
  const part = (group: Group, isNow: boolean) => (
    <Part key={group} title={t(`help.group.${group}`)} now={isNow} rows={keysOf[group].map(([key, what]) => [key, t(`help.key.${what}`)])} />
  );
  return (
    <>
      {phase && (
        <p className={css.moment} data-help-moment={phase}>
          {t("help.now")} <b>{t(`help.moment.${phase}`)}</b>
        </p>
      )}
      <div className={css.help}>
        {now.map((group) => part(group, true))}
        {choosing(phase) && letters}
        {later.map((group) => part(group, false))}
        {!choosing(phase) && letters}
      </div>
    </>
  );
}

function Part({ title, now, rows }: { title: string; now: boolean; rows: (readonly [string, string])[] }) {
  return (
    <section className={css.part} data-now={now || undefined}>
      <h3>{title}</h3>
      <Keys rows={rows} />
    </section>
  );
}

function Keys({ rows }: { rows: (readonly [string, string])[] }) {
  return (
    <table className={css.keys}>
      <tbody>
        {rows.map(([key, what]) => (
          <tr key={key + what}>
            <th scope="row">
              <Key name={key} />
              <span className="visually-hidden">{key}</span>
            </th>
            <td>{what}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
