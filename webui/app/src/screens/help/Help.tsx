import { Modal } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import { businesses, businessKeys, parties } from "../../keys/keymap";
import { Key } from "../../parts/Key";
import { useOverlays } from "../../shell/overlays";
import css from "./help.module.css";

const deskKeys = [
  ["Enter", "dial"],
  ["Esc / H", "hang_up"],
  ["N P M E Q", "heard"],
  ["F4", "keypad"],
  ["8", "hold"],
  ["9", "mute"],
  ["0", "transfer"],
  ["-", "pause_recording"],
  ["E", "complete_transfer"],
  ["Q", "cancel_transfer"],
  ["C", "copy"],
  ["K", "check_history"],
  ["S", "skip"],
  ["M", "by_hand"],
  ["O", "asked"],
  ["/", "find"],
  ["F2", "scripts"],
  ["?", "help"],
] as const;
const formKeys = [
  ["⇧1 …", "identify"],
  ["N", "note"],
  ["M", "amount"],
  ["P", "due_on"],
  [".", "next_bank_day"],
  [",", "split"],
  ["F6", "told"],
  ["F8", "next_language"],
  ["F9", "do_not_call"],
  ["V", "call_again"],
  ["[ ] ; :", "kind"],
  ["Esc", "leave_field"],
  ["Enter", "save"],
  ["Ctrl + Enter", "save_from_note"],
] as const;

/** All keys at a glance. */
export default function Help() {
  const { t } = useTranslation();
  const { close } = useOverlays();
  const { role } = useSession().user;
  const dials = role === "operator" || role === "supervisor";
  return (
    <Modal
      opened
      onClose={close}
      title={t("shell.keys")}
      size={dials ? "xl" : "md"}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      {dials ? (
        <div className={css.help}>
          <section>
            <h3>{t("help.desk")}</h3>
            <Keys rows={deskKeys.map(([key, what]) => [key, t(`help.key.${what}`)])} />
            <h3>{t("help.form")}</h3>
            <Keys rows={formKeys.map(([key, what]) => [key, t(`help.key.${what}`)])} />
          </section>
          <section>
            <h3>{t("form.party")}</h3>
            <Keys rows={parties.map((party, i) => [String(i + 1), t(`party.${party}`)])} />
          </section>
          <section>
            <h3>{t("form.business")}</h3>
            <Keys rows={businesses.map((business) => [businessKeys[business], t(`business.${business}`)])} />
          </section>
        </div>
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
