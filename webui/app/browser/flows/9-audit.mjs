import assert from "node:assert/strict";
import { Person } from "../person.mjs";

export default [
  ["who saw what: the ward finds who opened a case, the record is checked, and what cannot be done by a role is in it", async (house) => {
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/board");
    // Somebody who is on no list, and called, may stand first.
    const { case_id: id, ward_number: number } = (await supervisor.api("/api/queue?limit=50")).data.items.find((item) => item.ward_number);
    assert.equal((await supervisor.api(`/api/cases/${id}`)).data.case.ward_number, number);

    const ward = await Person.come(house, "ward");
    await ward.signIn();
    assert.equal((await ward.api(`/api/cases/${id}`)).status, 403);
    await ward.go("/audit");
    await ward.sees("[data-audit-entries]");
    await ward.page.getByLabel("宛名番号").fill(number);
    await ward.page.getByRole("button", { name: "探す" }).click();
    const rows = ward.page.locator("[data-audit-entries] tbody tr");
    await ward.until("the entries of the case", async () => /案件・通話を開いた/.test(await rows.allInnerTexts().then((all) => all.join("\n"))));
    const text = (await rows.allInnerTexts()).join("\n");
    assert.match(text, /監督/);
    assert.match(text, /権限のない操作/);
    assert.ok(!text.includes(number), "the ward's number stands in the record");
    await ward.page.getByRole("button", { name: "今すぐ検査する" }).click();
    await ward.sees("[data-audit-whole]");
    assert.match(await ward.page.locator("[data-anchor]").innerText(), /^kakeru-audit-1 \d+ /);
    await ward.accessible("who saw what");
    await ward.picture("audit");
    await ward.page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
    const printed = async () => (await ward.api("/api/audit/search", "POST", { action: "printed" })).data.items;
    await ward.until("the printing is written down", async () => (await printed()).some((e) => e.detail === "/audit" && e.by_name.includes("区職員")));
    await supervisor.leave();
    await ward.leave();
  }],

  ["an incident: reported by the supervisor, at once on the ward's screen, received by the ward, its evidence taken", async (house) => {
    const ward = await Person.come(house, "ward");
    await ward.signIn();
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/board");
    await supervisor.go("/audit");
    await supervisor.page.getByRole("tab", { name: "事故" }).click();
    await supervisor.page.getByRole("button", { name: "事故を届け出る" }).click();
    await supervisor.sees("[data-incident-form]");
    await supervisor.accessible("the form of an incident");
    const send = supervisor.page.getByRole("button", { name: "届け出る", exact: true });
    assert.equal(await send.isDisabled(), true);
    await supervisor.page.getByLabel("何が起きたか").fill("執務室の窓越しに画面を撮影された");
    await supervisor.picture("incident-form");
    await send.click();
    await supervisor.sees("[data-incident] [data-reach]");
    await supervisor.page.getByLabel("相手・方法・番号など").fill("収納係長へ電話");
    await supervisor.page.getByRole("button", { name: "対応を記録する" }).click();
    await supervisor.sees("[data-step='ward_told']");

    await ward.page.getByText("個人情報の事故").first().waitFor();
    await ward.go("/audit");
    await ward.page.getByRole("tab", { name: "事故" }).click();
    await ward.page.getByRole("button", { name: "区として受け取ったことを記録する" }).click();
    await ward.sees("[data-step='ward_ack']");
    await ward.accessible("an incident");
    await ward.picture("incident");
    const download = ward.page.waitForEvent("download");
    await ward.page.getByRole("button", { name: "証拠ファイル(ZIP)" }).click();
    assert.match((await download).suggestedFilename(), /^incident-\d+\.zip$/);
    await supervisor.leave();
    await ward.leave();
  }],
];
