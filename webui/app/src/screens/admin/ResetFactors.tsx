import { Button, Group, Modal, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import type { User } from "../../api/types";
import { Notice } from "../../parts/Notice";
import { useAsk } from "../account/useAsk";

/** Asks once more before all second factors of a person are gone. */
export function ResetFactors({ of, onClose, onDone }: { of: User | null; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal opened={of !== null} onClose={onClose} title={t("users.reset_factors_title")} closeButtonProps={{ "aria-label": t("common.close") }}>
      {of && <Question key={of.id} of={of} onClose={onClose} onDone={onDone} />}
    </Modal>
  );
}

function Question({ of, onClose, onDone }: { of: User; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation();
  const { asking, failure, ask } = useAsk();
  return (
    <Stack gap="md">
      <p style={{ margin: 0, lineHeight: 1.7 }}>{t("users.reset_factors_sure", { name: of.name })}</p>
      {failure && <Notice tone="bad">{failure}</Notice>}
      <Group justify="flex-end" gap="sm">
        <Button variant="default" data-autofocus onClick={onClose}>
          {t("common.cancel")}
        </Button>
        <Button
          color="red"
          loading={asking}
          onClick={() =>
            void ask(async () => {
              await kakeru.resetFactors(of.id);
              onDone();
            })
          }
        >
          {t("users.reset_factors")}
        </Button>
      </Group>
    </Stack>
  );
}
