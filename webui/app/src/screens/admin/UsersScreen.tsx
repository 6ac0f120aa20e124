import { Button, Switch } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { IconPencil, IconUserPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../api/hooks";
import * as kakeru from "../../api/kakeru";
import type { User } from "../../api/types";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import page from "../../parts/page.module.css";
import parts from "../../parts/parts.module.css";
import { useProblemText } from "../../parts/useWords";
import { SessionTable } from "../account/SessionTable";
import { ResetFactors } from "./ResetFactors";
import { UserForm } from "./UserForm";

/** The people who can sign in. Nobody is ever deleted: their name stands in the record. */
export function UsersScreen() {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const me = useSession().user.id;
  const { data: users, error } = useQuery({ queryKey: keys.users, queryFn: kakeru.getUsers });
  const [editing, setEditing] = useState<User | "new" | null>(null);
  const [resetting, setResetting] = useState<User | null>(null);
  const [refusal, setRefusal] = useState<unknown>(null);

  async function disable(user: User, disabled: boolean) {
    setRefusal(null);
    await kakeru.changeUser(user.id, { disabled }).catch(setRefusal);
    void client.invalidateQueries({ queryKey: keys.users });
  }

  function wasReset() {
    setResetting(null);
    void client.invalidateQueries({ queryKey: keys.users });
    void client.invalidateQueries({ queryKey: keys.allSessions });
  }

  return (
    <div className={page.page}>
      <div className={page.tools}>
        <h1 className={page.title} style={{ marginInlineEnd: "auto" }}>
          {t("door.users")}
        </h1>
        <Button leftSection={<IconUserPlus size={18} aria-hidden />} onClick={() => setEditing("new")}>
          {t("users.add")}
        </Button>
      </div>
      {(error ?? refusal) !== null && <Notice tone="bad">{say(error ?? refusal)}</Notice>}
      <div className={`${parts.panel} ${page.tablePanel}`}>
        <table className={parts.table}>
          <thead>
            <tr>
              <th>{t("users.name")}</th>
              <th>{t("sign_in.login")}</th>
              <th>{t("users.role")}</th>
              <th>{t("account.second_factor")}</th>
              <th>{t("users.may_sign_in")}</th>
              <th>
                <span className="visually-hidden">{t("users.change")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {(users ?? []).map((user) => (
              <tr key={user.id}>
                <td>{user.name}</td>
                <td>
                  <code>{user.login}</code>
                </td>
                <td>{t(`role.${user.role}`)}</td>
                <td>
                  {user.has_second_factor ? (
                    <Button
                      size="compact-sm"
                      variant="default"
                      disabled={user.id === me}
                      aria-label={t("users.reset_factors_of", { name: user.name })}
                      onClick={() => setResetting(user)}
                    >
                      {t("users.reset_factors")}
                    </Button>
                  ) : (
                    <span className="quiet">{t("users.no_factor")}</span>
                  )}
                </td>
                <td>
                  <Switch
                    aria-label={t("users.may_sign_in_of", { name: user.name })}
                    checked={!user.disabled}
                    disabled={user.id === me}
                    title={user.id === me ? t("users.not_yourself") : undefined}
                    onChange={(e) => void disable(user, !e.currentTarget.checked)}
                  />
                </td>
                <td style={{ textAlign: "end" }}>
                  <Button
                    size="compact-sm"
                    variant="default"
                    leftSection={<IconPencil size={15} aria-hidden />}
                    aria-label={t("users.change_of", { name: user.name })}
                    onClick={() => setEditing(user)}
                  >
                    {t("users.change")}
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Sessions />
      <ResetFactors of={resetting} onClose={() => setResetting(null)} onDone={wasReset} />
      <UserForm of={editing} onClose={() => setEditing(null)} />
    </div>
  );
}

/** Who is signed in, and where. */
function Sessions() {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const { data: list, error } = useQuery({ queryKey: keys.allSessions, queryFn: kakeru.getAllSessions, staleTime: 0, refetchInterval: 30_000 });
  const [refusal, setRefusal] = useState<unknown>(null);
  async function end(id: string) {
    setRefusal(null);
    await kakeru.endAnySession(id).catch(setRefusal);
    void client.invalidateQueries({ queryKey: keys.allSessions });
  }
  return (
    <Panel title={t("users.sessions")}>
      {(error ?? refusal) !== null && <Notice tone="bad">{say(error ?? refusal)}</Notice>}
      <SessionTable names list={list ?? []} onEnd={(id) => void end(id)} />
    </Panel>
  );
}
