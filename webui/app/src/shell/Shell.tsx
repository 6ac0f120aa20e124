import { ActionIcon, Menu, Tooltip, UnstyledButton } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import {
  IconArmchairOff, IconBell, IconBellOff, IconCalendarEvent, IconChevronDown, IconKeyboard, IconLock, IconLogout, IconShieldLock, IconUserCircle,
} from "@tabler/icons-react";
import { Fragment, lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../api/hooks";
import * as kakeru from "../api/kakeru";
import { leaveSession } from "../api/session";
import { era, setEra } from "../format/era";
import { inTime } from "../i18n";
import { keys } from "../live/apply";
import { dropDraftsBut } from "../screens/desk/draft";
import { useMyDesk } from "../screens/desk/useDesk";
import { useCues } from "../sound/useCues";
import { AlertToasts } from "./AlertToasts";
import { CallStrip } from "./CallStrip";
import { doors, mayEnter } from "./doors";
import { HereNote } from "./HereNote";
import { useLock } from "./IdleWatch";
import { ExpiryBar } from "./ExpiryBar";
import { LostBanner } from "./LostBanner";
import { NotThere } from "./NotThere";
import { useOverlays } from "./overlays";
import { Preferences } from "./Preferences";
import css from "./shell.module.css";
import { StatusLine } from "./StatusLine";
import { useHelpKey } from "./useHelpKey";
import { useKeptFocus } from "./useKeptFocus";
import { usePrintNote } from "./usePrintNote";

const Help = lazy(() => inTime(() => import("../screens/help/Help")));
const AskedBar = lazy(() => inTime(() => import("../screens/asked/AskedBar")));

/** What stands around every screen: the doors above, how things are below. */
export function Shell() {
  const { t } = useTranslation();
  const { role } = useSession().user;
  const { pathname } = useLocation();
  const { open, show } = useOverlays();
  useHelpKey();
  usePrintNote();
  useKeptFocus(pathname !== "/desk"); // there keys belong to the case, whatever has the focus
  return (
    <div className={css.shell} data-rail={doors[role].length > few || undefined}>
      <a href="#screen" className={css.skip}>
        {t("shell.skip")}
      </a>
      <div className={css.header}>
        <nav className={css.doors} aria-label={t("shell.doors")}>
          <Link to="/" className={css.wordmark} aria-label={t("shell.home")}>
            <img src="/favicon.svg" alt="" width={24} height={24} />
            Kakeru
          </Link>
          {doors[role].map(({ to, name, Icon, group }, i, all) => (
            <Fragment key={to}>
              {group !== all[i - 1]?.group && <small className={css.group}>{t(`doors.${group}`)}</small>}
              <Link to={to} className={css.door} activeProps={{ "aria-current": "page" }}>
                <Icon size={18} stroke={1.7} aria-hidden />
                {t(`door.${name}`)}
              </Link>
            </Fragment>
          ))}
        </nav>
        <section className={css.tools} aria-label={t("shell.tools")}>
          <Tooltip label={t("shell.keys")} withArrow>
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("shell.keys")} onClick={() => show("help")}>
              <IconKeyboard size={21} stroke={1.6} aria-hidden />
            </ActionIcon>
          </Tooltip>
          <Preferences />
          <PersonMenu />
        </section>
      </div>
      <div className={css.told}>
        <LostBanner />
        <ExpiryBar />
        <CallStrip />
        {(role === "operator" || role === "supervisor") && (
          <Suspense>
            <AskedBar />
          </Suspense>
        )}
      </div>
      <main id="screen" className={css.screen} tabIndex={-1}>
        {mayEnter(role, pathname) ? <Outlet /> : <NotThere />}
      </main>
      <StatusLine />
      {open === "help" && (
        <Suspense>
          <Help />
        </Suspense>
      )}
      <AlertToasts />
      {role === "supervisor" && <HereNote />}
    </div>
  );
}

// More doors than this stand at the side, in their groups.
const few = 6;

function PersonMenu() {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const { user } = useSession();
  const mine = useMyDesk();
  const lock = useLock();
  const [sounds, setSounds] = useCues();

  function byEra(on: boolean) {
    setEra(on);
    void i18n.changeLanguage(i18n.language); // all that is on the screen is written anew
  }
  async function leaveDesk() {
    if (!mine) return;
    await kakeru.leave(mine.desk.id).catch(() => undefined);
    void client.invalidateQueries({ queryKey: keys.desks });
  }
  async function signOut() {
    if (mine && (mine.phase === "idle" || mine.phase === "away")) await leaveDesk();
    dropDraftsBut(null);
    await leaveSession(client);
  }

  return (
    <Menu position="bottom-end" width={240} shadow="md">
      <Menu.Target>
        <UnstyledButton className={css.tool}>
          <IconUserCircle size={22} stroke={1.6} aria-hidden />
          {user.name}
          <IconChevronDown size={15} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t(`role.${user.role}`)}</Menu.Label>
        {mine && (
          <Menu.Item
            leftSection={<IconArmchairOff size={18} aria-hidden />}
            disabled={mine.phase !== "idle" && mine.phase !== "away"}
            onClick={() => void leaveDesk()}
          >
            {t("shell.leave_desk", { desk: mine.desk.name })}
          </Menu.Item>
        )}
        {i18n.language === "ja" && (
          <Menu.Item leftSection={<IconCalendarEvent size={18} aria-hidden />} onClick={() => byEra(!era())}>
            {t(era() ? "shell.western_years" : "shell.era_years")}
          </Menu.Item>
        )}
        <Menu.Item component={Link} to="/account" leftSection={<IconShieldLock size={18} aria-hidden />}>
          {t("shell.account")}
        </Menu.Item>
        {(user.role === "operator" || user.role === "supervisor") && (
          <Menu.Item
            role="menuitemcheckbox"
            aria-checked={sounds}
            closeMenuOnClick={false}
            leftSection={sounds ? <IconBell size={18} aria-hidden /> : <IconBellOff size={18} aria-hidden />}
            onClick={() => setSounds(!sounds)}
          >
            {t(sounds ? "shell.sounds_on" : "shell.sounds_off")}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconLock size={18} aria-hidden />} onClick={() => void lock()}>
          {t("shell.lock")}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={18} aria-hidden />}
          disabled={mine?.phase === "calling" || mine?.phase === "talking"}
          onClick={() => void signOut()}
        >
          {t("shell.sign_out")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
