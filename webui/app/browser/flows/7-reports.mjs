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
    await form.waitFor();
    await supervisor.press("3"); // 第三者
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
];
