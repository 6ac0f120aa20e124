import { useState } from "react";
import { useTranslation } from "react-i18next";
import page from "../../parts/page.module.css";
import { ListPreview } from "./ListPreview";
import { Upload } from "./Upload";

const remembered = "kakeru-list";

/** The ward's list: looked at first, taken in only when somebody says so. A list being looked at survives a reload. */
export function ListsScreen() {
  const { t } = useTranslation();
  const [list, setList] = useState(() => sessionStorage.getItem(remembered));
  function take(id: string | null) {
    setList(id);
    if (id) sessionStorage.setItem(remembered, id);
    else sessionStorage.removeItem(remembered);
  }
  return (
    <div className={page.page}>
      <h1 className={page.title}>{t("door.lists")}</h1>
      <p className={page.lead}>{t("lists.lead")}</p>
      {list ? <ListPreview id={list} onDone={() => take(null)} /> : <Upload onTaken={take} />}
    </div>
  );
}
