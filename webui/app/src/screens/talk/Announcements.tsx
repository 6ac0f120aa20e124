import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Call } from "../../api/types";
import { type Announcement, announcementKeys, announcements } from "../../keys/keymap";
import { keepKeys } from "../../keys/keepKeys";
import { Key } from "../../parts/Key";
import css from "../desk/desk.module.css";
import more from "./talk.module.css";

interface Props {
  call: Call;
  onHeard: (what: Announcement) => void;
}

/** Which announcement of the network is heard. While it rings each has a key; in a talk the keys are the form's. */
export default function Announcements({ call, onHeard }: Props) {
  const { t } = useTranslation();
  const keyed = call.state === "calling_customer";
  return (
    <div className={css.controls} role="group" aria-label={t("announcement.title")} data-announcements>
      <span className={more.legend}>{t("announcement.title")}</span>
      {announcements.map((what) => (
        <Button
          key={what}
          size="compact-sm"
          variant={call.announcement === what ? "filled" : "default"}
          aria-pressed={call.announcement === what}
          aria-keyshortcuts={keyed ? announcementKeys[what] : undefined}
          title={t(`announcement.says.${what}`)}
          rightSection={keyed && <Key name={announcementKeys[what]} />}
          onMouseDown={keepKeys}
          onClick={() => onHeard(what)}
        >
          {t(`announcement.${what}`)}
        </Button>
      ))}
    </div>
  );
}
