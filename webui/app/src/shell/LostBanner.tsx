import { Button } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useLink } from "../live/Live";
import css from "./shell.module.css";

/** Says at once that what is shown may be old. What was typed stays; a call that is up goes on. */
export function LostBanner() {
  const { t } = useTranslation();
  const { state, retry } = useLink();
  return (
    <div role="alert" className={css.lostHolder}>
      {state === "lost" && (
        <div className={css.lost}>
          <IconPlugConnectedX size={20} aria-hidden />
          <span>{t("link.lost_long")}</span>
          <Button size="compact-sm" variant="white" color="red" onClick={retry}>
            {t("link.retry")}
          </Button>
        </div>
      )}
    </div>
  );
}
