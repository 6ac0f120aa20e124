import { ActionIcon, Menu, Tooltip, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { IconLanguage, IconMoon, IconSun } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { speak, type Spoken, spoken } from "../i18n";
import css from "./shell.module.css";

/** Language and light; also on the sign-in screen. */
export function Preferences() {
  const { t, i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const dark = colorScheme === "dark";
  const now = spoken.find((l) => l === i18n.language) ?? "ja";
  return (
    <>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <UnstyledButton className={css.tool}>
            <IconLanguage size={20} stroke={1.6} aria-hidden />
            <span className="visually-hidden">{t("shell.language")}</span>
            <span lang={now}>{t(`shell.languages.${now}`)}</span>
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          {spoken.map((l: Spoken) => (
            <Menu.Item key={l} lang={l} aria-current={l === now || undefined} onClick={() => void speak(l).catch(() => undefined)}>
              {t(`shell.languages.${l}`)}
            </Menu.Item>
          ))}
          <Menu.Label>{t("shell.languages_note")}</Menu.Label>
        </Menu.Dropdown>
      </Menu>
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
