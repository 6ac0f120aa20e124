import { Modal, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { CaseList } from "../cases/CaseList";
import { useBeside } from "../../shell/useBeside";
import { useCaseSearch } from "../cases/useCaseSearch";

interface Props {
  opened: boolean;
  onClose: () => void;
  onChoose: (id: string) => void;
  title: string;
  hint: string;
  action: string;
}

// At once, not when the window has settled: what is typed straight after "/" must arrive here, in place of what was looked for before.
const focusNow = (input: HTMLInputElement | null) => {
  input?.focus();
  input?.select();
};
const noDelay = { duration: 0 };

/** Finds a case, to put it on the desk (dialling stays a click of its own), or to say whose call it is that came in. */
export function CaseFinder({ opened, onClose, onChoose, title, hint, action }: Props) {
  const { t } = useTranslation();
  const beside = useBeside();
  const search = useCaseSearch();
  const choose = (id: string) => {
    onClose();
    search.setText("");
    onChoose(id);
  };
  return (
    <Modal
      {...beside}
      opened={opened}
      onClose={onClose}
      size="lg"
      title={title}
      transitionProps={noDelay}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (search.settled && search.items[0]) choose(search.items[0].case_id);
        }}
      >
        <TextInput
          data-autofocus
          ref={focusNow}
          value={search.text}
          onChange={(e) => search.setText(e.currentTarget.value)}
          leftSection={<IconSearch size={17} aria-hidden />}
          placeholder={t("find.placeholder")}
          aria-label={title}
          description={hint}
        />
      </form>
      <CaseList search={search} action={action} onChoose={choose} />
    </Modal>
  );
}
