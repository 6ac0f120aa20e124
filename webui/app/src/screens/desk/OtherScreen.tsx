import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { IconDeviceDesktop } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { Desk } from "../../api/types";
import { keys } from "../../live/apply";
import { Empty } from "../../parts/Empty";
import { useProblemText } from "../../parts/useWords";
import css from "./desk.module.css";
import { useThisScreen } from "./thisScreen";

/** Whether another panel of the same person works the desk; a desk that none works is this one's from now on. */
export function useOtherScreen(desk: Desk | undefined): boolean {
  const mine = useThisScreen();
  const client = useQueryClient();
  const free = !!desk && !desk.screen;
  useEffect(() => {
    if (!free) return;
    kakeru
      .sit(desk.id, false, mine)
      .catch(() => undefined) // another was sooner
      .then(() => client.invalidateQueries({ queryKey: keys.desks }));
  }, [free, desk?.id, mine, client]);
  return !!desk?.screen && desk.screen !== mine;
}

/** In the desk's place while it is worked from another panel: the later one asks. */
export function OtherScreen({ desk }: { desk: Desk }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const mine = useThisScreen();
  const client = useQueryClient();
  const [refusal, setRefusal] = useState<unknown>(null);
  async function goOnHere() {
    setRefusal(null);
    await kakeru.sit(desk.id, true, mine).catch(setRefusal);
    await client.invalidateQueries({ queryKey: keys.desks });
  }
  return (
    <div className={css.elsewhere} data-other-screen>
      <h1 className="visually-hidden">{t("door.desk")}</h1>
      <Empty title={t("screen.elsewhere", { desk: desk.name })} icon={<IconDeviceDesktop size={36} stroke={1.4} aria-hidden />}>
        <span>{refusal === null ? t("screen.elsewhere_hint") : say(refusal)}</span>
        <Button autoFocus size="md" onClick={() => void goOnHere()}>
          {t("screen.here")}
        </Button>
      </Empty>
    </div>
  );
}
