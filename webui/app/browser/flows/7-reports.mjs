import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { casesByEnding, Person } from "../person.mjs";

export default [
  ["the day's report: down to one call, a party corrected, issued again, the difference named", async (house) => {
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/board");
    const operator = await Person.come(house, "operator1");
    await operator.atDesk();
    const about = (await casesByEnding(supervisor, house.taken))("05");
    await operator.present(about);
    const attempt = await operator.dial();
    await operator.sees("[data-phase=talking], [data-phase=wrap_up]");
    await operator.press("2", "d"); // 家族、伝言
    if ((await operator.phase()) === "talking") await operator.press("h");
    await operator.sees("[data-phase=wrap_up]");
    await operator.press("Control+Enter");
    await operator.until("the result", async () => (await operator.api(`/api/attempts/${attempt}`)).data?.entry);

    await supervisor.go("/reports");
    await supervisor.sees("[data-report][data-revision='0']");
    const figure = (where) => supervisor.page.locator(`[data-cell="${where}"]`);
    const family = "attempts/total/family";
    await supervisor.until("the family's call", async () => Number(await figure(family).innerText()) >= 1);
    const before = Number(await figure(family).innerText());
    await supervisor.accessible("a day's report");
    await supervisor.picture("report-day");
    await supervisor.page.getByRole("button", { name: "発行する", exact: true }).click();
    await supervisor.sees("[data-issue='1']");

    // From the figure to its rows, from a row to the call, and there the correction.
    await figure(family).getByRole("button").click();
    await supervisor.sees(`[data-call="${attempt}"]`);
    assert.equal(await supervisor.page.locator("[data-call]").count(), before);
    await supervisor.accessible("the rows behind a figure");
    await supervisor.picture("report-rows");
    await supervisor.page.locator(`[data-call="${attempt}"] button`).click();
    await supervisor.sees(`[data-attempt="${attempt}"]`);
    await supervisor.page.getByRole("button", { name: "結果を訂正" }).click();
    const form = supervisor.page.getByRole("dialog", { name: "結果の登録・訂正" });
    await form.getByRole("button", { name: /第三者/ }).waitFor(); // before, its keys are nobody's
    await supervisor.press("3");
    await supervisor.press("Control+Enter");
    await form.waitFor({ state: "hidden" });
    assert.equal((await supervisor.api(`/api/attempts/${attempt}`)).data.entry.party, "third_party");
    await supervisor.go("/reports");
    await supervisor.sees("[data-changes]");
    await supervisor.page.getByRole("row", { name: /ア 架電件数 › 合計 › 家族/ }).waitFor();
    assert.equal(await supervisor.page.getByRole("row", { name: /ア 架電件数 › 合計 › 架電件数/ }).count(), 0);
    assert.match(await supervisor.page.getByRole("list", { name: "訂正された記録" }).innerText(), new RegExp(attempt));

    // Without a reason nothing is issued again; with one the change stands in the new revision, and the old one is as it was.
    const again = supervisor.page.getByRole("button", { name: "再発行する" });
    assert.equal(await again.isDisabled(), true);
    await supervisor.page.getByLabel("再発行の理由").fill("応対者の訂正");
    await supervisor.accessible("a report with changes");
    await supervisor.picture("report-changes");
    await again.click();
    await supervisor.sees("[data-issue='2']");

    // The frozen one as a file to sign.
    const paper = supervisor.page.waitForEvent("download");
    await supervisor.page.getByRole("button", { name: "PDF" }).click();
    const pdf = await paper;
    assert.match(pdf.suggestedFilename(), /^report-day-.*\.pdf$/);
    assert.equal((await readFile(await pdf.path())).subarray(0, 5).toString(), "%PDF-");

    const ward = await Person.come(house, "ward");
    await ward.signIn("/reports");
    await ward.sees("[data-report]");
    assert.equal(await ward.page.getByRole("button", { name: /発行する/ }).count(), 0);
    await ward.page.getByRole("combobox", { name: "版" }).click();
    await ward.page.getByRole("option", { name: /第1版/ }).click();
    await ward.sees("[data-revision='1']");
    assert.equal(Number(await ward.page.locator(`[data-cell="${family}"]`).innerText()), before);
    await ward.page.getByRole("combobox", { name: "版" }).click();
    await ward.page.getByRole("option", { name: /第2版/ }).click();
    await ward.sees("[data-revision='2']");
    await ward.page.getByText("応対者の訂正").first().waitFor();
    assert.equal(Number(await ward.page.locator(`[data-cell="${family}"]`).innerText()), before - 1);
    await ward.page.getByText("月報").click();
    await ward.sees('[data-section="attempts_by_day"]');
    await ward.page.getByText("年報").click();
    await ward.sees('[data-section="attempts_by_month"]');
    await ward.accessible("a year's report");
    for (const person of [operator, supervisor, ward]) await person.leave();
  }],

  ["the papers for the inspection and of personal data: the ward opens both down to the rows, the supervisor takes them", async (house) => {
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/reports");
    const operator = await Person.come(house, "operator1");
    await operator.atDesk();
    await operator.present((await casesByEnding(supervisor, house.taken))("41"));
    const attempt = await operator.dial();
    await operator.until("the end of the call", async () => (await operator.api(`/api/attempts/${attempt}`)).data?.result === "busy");
    const figure = (person, where) => person.page.locator(`[data-cell="${where}"]`);

    // Nobody entered any messages, so there are none to count; then somebody did.
    await supervisor.sees("[data-sms='none']");
    assert.equal(await figure(supervisor, "others/sms/count").innerText(), "未使用");
    await supervisor.page.getByLabel("送信件数", { exact: true }).fill("12");
    await supervisor.page.getByRole("button", { name: "登録する", exact: true }).click();
    await supervisor.sees("[data-sms='12']");
    await supervisor.until("the messages", async () => (await figure(supervisor, "others/sms/count").innerText()) === "12");
    await supervisor.accessible("the field of messages");

    const ward = await Person.come(house, "ward");
    await ward.signIn("/reports");
    assert.equal(await ward.page.locator("[data-sms]").count(), 0);
    await ward.page.getByText("検査資料").click();
    await ward.sees('[data-section="accepted"]');
    const counted = figure(ward, "accepted/attempts/count");
    const attempts = Number((await counted.innerText()).replaceAll(",", ""));
    assert.ok(attempts >= 1);
    assert.equal(await figure(ward, "accepted/attempts/held").innerText(), "検査の対象");
    assert.equal(await figure(ward, "accepted/attempts/target").getByRole("button").count(), 0);
    await ward.accessible("the paper for the inspection");
    await ward.picture("report-inspection");
    await counted.getByRole("button").click();
    await ward.sees("[data-call]");
    assert.equal(await ward.page.locator("[data-call]").count(), Math.min(attempts, 200));
    await ward.page.getByRole("button", { name: "閉じる" }).click();
    await ward.page.locator("[data-call]").first().waitFor({ state: "hidden" });

    await ward.page.getByText("個人情報管理", { exact: true }).click();
    await ward.sees('[data-section="closes_by_day"]');
    assert.equal(await figure(ward, "unknown/incidents/count").innerText(), "0件");
    await ward.accessible("the report of personal data");
    await ward.picture("report-privacy");
    await ward.page.locator('[data-cell^="lists/debts "][data-cell$="/rows"] button').first().click();
    await ward.sees("[data-ref='list']");
    assert.match(await ward.page.locator("[data-ref='list']").innerText(), /滞納一覧表の受領/);
    await ward.accessible("the rows of a log");

    await supervisor.page.getByText("個人情報管理", { exact: true }).click();
    await supervisor.sees('[data-section="closes_by_day"]');
    const paper = supervisor.page.waitForEvent("download");
    await supervisor.page.getByRole("button", { name: "PDF" }).click();
    const pdf = await paper;
    assert.match(pdf.suggestedFilename(), /^report-privacy-.*\.pdf$/);
    assert.equal((await readFile(await pdf.path())).subarray(0, 5).toString(), "%PDF-");
    for (const person of [operator, supervisor, ward]) await person.leave();
  }],
];
