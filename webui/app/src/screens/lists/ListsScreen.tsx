import { SegmentedControl } from "@mantine/core";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import * as kakeru from "../../api/kakeru";
import page from "../../parts/page.module.css";
import { ListPreview } from "./ListPreview";
import { PaidPreview } from "./PaidPreview";
import { Sources } from "./Sources";
import { Upload } from "./Upload";

type Kind = "cases" | "paid";

const remembered: Record<Kind, string> = { cases: "kakeru-list", paid: "kakeru-paid-list" };

/** The ward's lists: looked at first, taken in only when somebody says so. A list being looked at survives a reload. */
export function ListsScreen() {
  const { t } = useTranslation();
  const [kind, setKind] = useState<Kind>("cases");
  return (
    <div className={page.page}>
      <h1 className={page.title}>{t("door.lists")}</h1>
      <SegmentedControl
        style={{ alignSelf: "flex-start" }}
        aria-label={t("lists.kind")}
        value={kind}
        onChange={(k) => setKind(k as Kind)}
        data={[
          { value: "cases", label: t("lists.kind_cases") },
          { value: "paid", label: t("lists.kind_paid") },
        ]}
      />
      <p className={page.lead}>{t(kind === "cases" ? "lists.lead" : "paid.lead")}</p>
      <OneList key={kind} kind={kind} />
    </div>
  );
}

function OneList({ kind }: { kind: Kind }) {
  const [list, setList] = useState(() => sessionStorage.getItem(remembered[kind]));
  function take(id: string | null) {
    setList(id);
    if (id) sessionStorage.setItem(remembered[kind], id);
    else sessionStorage.removeItem(remembered[kind]);
  }
  // The file is kept until it could be read: saying what its columns mean reads it again.
  const file = useRef<File | null>(null);
  const upload = (chosen: File) => {
    file.current = chosen;
    return kind === "cases" ? kakeru.uploadList(chosen) : kakeru.uploadPaid(chosen);
  };
  async function again() {
    take(file.current ? await upload(file.current).catch(() => null) : null);
  }
  if (!list) {
    return (
      <>
        <Upload onTaken={take} upload={upload} />
        {kind === "cases" && <Sources />}
      </>
    );
  }
  return kind === "cases" ? <ListPreview id={list} onDone={() => take(null)} onRead={() => void again()} /> : <PaidPreview id={list} onDone={() => take(null)} />;
}
