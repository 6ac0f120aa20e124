import { ActionIcon, Tooltip, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { IconLanguage, IconMoon, IconSun } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { type Language, speak } from "../i18n";
import css from "./shell.module.css";

/** Language and light; also on the sign-in screen. */
export function Preferences() {
  const { t, i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const dark = colorScheme === "dark";
  const other: Language = i18n.language === "ja" ? "en" : "ja";
  return (
    <>
      <UnstyledButton className={css.tool} lang={other} onClick={() => void speak(other).catch(() => undefined)} aria-label={t("shell.other_language")}>
        <IconLanguage size={20} stroke={1.6} aria-hidden />
        {t("shell.other_language_short")}
      </UnstyledButton>
      <Tooltip label={dark ? t("shell.light") : t("shell.dark")} withArrow>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={dark ? t("shell.light") : t("shell.dark")}
          onClick={() => setColorScheme(dark ? "light" : "dark")}
        >
          {dark ? <IconSun size={20} stroke={1.6} aria-hidden /> : <IconMoon size={20} stroke={1.6} aria-hidden />}
        </ActionIcon>
      </Tooltip>
    </>
  );
}
