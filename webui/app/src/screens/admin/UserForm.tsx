import { Button, Checkbox, Group, Modal, PasswordInput, Select, Stack, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import { Problem } from "../../api/problem";
import type { Role, User } from "../../api/types";
import { languageName } from "../../format/language";
import { language } from "../../i18n";
import { keys } from "../../live/apply";
import { Notice } from "../../parts/Notice";
import { useProblemText } from "../../parts/useWords";

const roles: Role[] = ["operator", "supervisor", "ward", "admin"];

/** What people may speak besides Japanese: the languages of the ward's list. */
const languages = ["en", "zh", "vi", "ko", "ne", "tl", "my", "bn", "hi", "es", "pt"];

/** Adds a person, or changes one. */
export function UserForm({ of, onClose }: { of: User | "new" | null; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={of !== null}
      onClose={onClose}
      title={of === null || of === "new" ? t("users.add") : t("users.change_of", { name: of.name })}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      {of !== null && <Form key={of === "new" ? "new" : of.id} user={of === "new" ? null : of} onDone={onClose} />}
    </Modal>
  );
}

function Form({ user, onDone }: { user: User | null; onDone: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const client = useQueryClient();
  const [login, setLogin] = useState("");
  const [name, setName] = useState(user?.name ?? "");
  const [role, setRole] = useState<Role>(user?.role ?? "operator");
  const [spoken, setSpoken] = useState<string[]>(user?.languages ?? []);
  const [password, setPassword] = useState("");
  const [linked, setLinked] = useState(user?.directory_name ?? "");
  const { data: directory } = useQuery({ queryKey: ["directory"], queryFn: kakeru.getDirectory, retry: false });
  const [failure, setFailure] = useState<unknown>(null);
  const errors = failure instanceof Problem ? failure.fields(language()) : {};

  async function save() {
    setFailure(null);
    const link = directory ? { directory_name: linked } : {};
    try {
      if (user) await kakeru.changeUser(user.id, { name, role, languages: spoken, ...(password ? { password } : {}), ...link });
      else await kakeru.addUser({ login, name, role, password, ...link });
      void client.invalidateQueries({ queryKey: keys.users });
      onDone();
    } catch (error) {
      setFailure(error);
    }
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Stack gap="sm">
        {user ? (
          <TextInput label={t("sign_in.login")} value={user.login} disabled />
        ) : (
          <TextInput
            data-autofocus
            label={t("sign_in.login")}
            autoCapitalize="none"
            autoComplete="off"
            value={login}
            error={errors.login}
            onChange={(e) => setLogin(e.currentTarget.value)}
          />
        )}
        <TextInput label={t("users.name")} value={name} error={errors.name} onChange={(e) => setName(e.currentTarget.value)} />
        <Select
          label={t("users.role")}
          allowDeselect={false}
          value={role}
          error={errors.role}
          onChange={(r) => r && setRole(r as Role)}
          data={roles.map((r) => ({ value: r, label: t(`role.${r}`) }))}
        />
        {user && (
          <Checkbox.Group label={t("users.languages")} value={spoken} error={errors.languages} onChange={setSpoken}>
            <Group gap="sm" mt={4}>
              {languages.map((l) => (
                <Checkbox key={l} value={l} label={languageName(l)} />
              ))}
            </Group>
          </Checkbox.Group>
        )}
        <PasswordInput
          label={user ? t("users.new_password") : t("sign_in.password")}
          description={[user && t("users.keep_password"), t("users.password_rule")].filter(Boolean).join(" ")}
          autoComplete="new-password"
          value={password}
          error={errors.password}
          visibilityToggleButtonProps={{ "aria-label": t("sign_in.show_password") }}
          onChange={(e) => setPassword(e.currentTarget.value)}
        />
        {directory && (
          <TextInput
            label={t("users.directory_name")}
            description={t("users.directory_hint", { label: directory })}
            autoCapitalize="none"
            autoComplete="off"
            spellCheck={false}
            maxLength={200}
            value={linked}
            error={errors.directory_name}
            onChange={(e) => setLinked(e.currentTarget.value)}
          />
        )}
        {failure !== null && Object.keys(errors).length === 0 && <Notice tone="bad">{say(failure)}</Notice>}
        <Button type="submit" disabled={!name || (!user && (!login || !password))}>
          {t("common.save")}
        </Button>
      </Stack>
    </form>
  );
}
