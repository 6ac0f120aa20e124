import { UnstyledButton } from "@mantine/core";
import { IconBuildingCommunity, IconChevronRight, IconFlask, IconHeadset, IconLayoutDashboard, IconSettings } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { DemoLogin, Role } from "../../api/types";
import css from "./newcomer.module.css";

const icons: Record<Role, typeof IconHeadset> = {
  operator: IconHeadset,
  supervisor: IconLayoutDashboard,
  ward: IconBuildingCommunity,
  admin: IconSettings,
};

/** Who a newcomer may be in a demo, and what to try first as each of them. One press signs in. */
export default function DemoGuide({ logins, entering, onEnter }: { logins: readonly DemoLogin[]; entering: boolean; onEnter: (who: DemoLogin) => void }) {
  const { t } = useTranslation();
  return (
    <aside className={css.guide} aria-labelledby="newcomer">
      <h2 id="newcomer">
        <IconFlask size={20} aria-hidden /> {t("newcomer.title")}
      </h2>
      <p>{t("newcomer.what")}</p>
      <ul className={css.people}>
        {logins.map((who, i) => {
          const Icon = icons[who.role];
          const again = logins.findIndex((w) => w.role === who.role) < i;
          return (
            <li key={who.login}>
              <UnstyledButton className={css.person} disabled={entering} data-first={i === 0 || undefined} data-demo={who.login} onClick={() => onEnter(who)}>
                <Icon size={26} stroke={1.5} aria-hidden />
                <span>
                  <b>
                    {t(`role.${who.role}`)} <small className="digits">{who.login}</small>
                    {i === 0 && <em>{t("newcomer.start_here")}</em>}
                  </b>
                  <span>{t(again ? "newcomer.try.again" : `newcomer.try.${who.role}`)}</span>
                </span>
                <IconChevronRight size={18} aria-hidden />
              </UnstyledButton>
            </li>
          );
        })}
      </ul>
    </aside>
  );
}
