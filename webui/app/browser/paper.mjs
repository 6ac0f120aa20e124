// What the ward sends in the days of this story, and what one day leaves to the next.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { binary } from "./server.mjs";

const folder = process.env.KAKERU_DAY;

/** The ward's list: the same people every morning. */
export const list = () => execFileSync(binary, ["sample", "--cases", "400", "--seed", "20261128"], { maxBuffer: 1 << 26 });

export const note = (what) => writeFileSync(`${folder}/notes.json`, JSON.stringify(what));
export const noted = () => JSON.parse(readFileSync(`${folder}/notes.json`, "utf8"));

/** Reads a list in, as the supervisor does every morning. */
export async function readList(boss, csv) {
  await boss.go("/lists");
  await boss.page.setInputFiles("input[type=file]", { name: "名簿.csv", mimeType: "text/csv", buffer: csv });
  await boss.page.getByText("確認待ち").waitFor();
  await boss.page.getByRole("button", { name: "件を反映する" }).click();
  await boss.page.getByText("反映済み").waitFor();
}

/** Reads a paid list of the house's today: what was promised is paid, and a stranger pays. look sees it before it counts. */
export async function readPaidList(boss, promises, look = async () => {}) {
  const on = (await boss.api("/api/close")).data.day;
  const rows = promises.flatMap(({ about, promise }) =>
    promise.parts.map((p) => `${about.ward_number},${p.insurance === "kouki" ? "後期" : "国保"},${p.term},${on},${p.amount_yen},コンビニ,見本`),
  );
  const text = ["宛名番号,保険区分,期別,収納日,収納額,収納方法,見本", ...rows, `9999999999,国保,令和8年度 第1期,${on},"１，０００円",,見本`].join("\r\n") + "\r\n";
  await boss.go("/lists");
  await boss.page.getByText("消込リスト", { exact: true }).click();
  await boss.page.locator("input[type=file]").setInputFiles({ name: "消込リスト.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await boss.sees("[data-paid-state=staged]");
  await look();
  await boss.page.getByRole("button", { name: new RegExp(`${rows.length + 1}件の入金を反映する`) }).click();
  await boss.sees("[data-paid-state=applied]");
}
