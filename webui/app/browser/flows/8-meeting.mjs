import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { casesByEnding, Person } from "../person.mjs";

export default [
  ["the month's analysis down to one call; the meeting's paper; its minutes written by two at once, and signed by both sides", async (house) => {
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
    await operator.leave();

    // The heat map: the figure stands in the cell, and leads to the calls.
    await supervisor.go("/reports");
    await supervisor.page.getByText("月次分析").click();
    await supervisor.sees('[data-section="heat_rate"]');
    const { report } = (await supervisor.api("/api/reports/analysis")).data;
    const { columns, rows } = report.sections.find((s) => s.key === "heat_attempts");
    const attempts = rows.at(-1).cells.at(-1).value;
    const cell = supervisor.page.locator('[data-cell="heat_rate/total/total"]');
    assert.match(await cell.innerText(), new RegExp(`%\\s+\\d+/${attempts}件`));
    assert.equal(await supervisor.page.locator('[data-section="heat_rate"] tbody td').count(), columns.length * rows.length);
    assert.equal(await supervisor.page.locator('[data-section="heat_attempts"]').count(), 0);
    assert.match(await supervisor.page.locator('[data-reading="heat_rate"]').innerText(), /。$/);
    await supervisor.accessible("a month's analysis");
    await supervisor.picture("report-analysis");
    await cell.getByRole("button").last().click();
    await supervisor.sees(`[data-call="${attempt}"]`);
    assert.equal(await supervisor.page.locator("[data-call]").count(), Math.min(attempts, 200));
    await supervisor.press("Escape");
    await supervisor.page.locator('[data-cell="tries/1/spoke"]').getByRole("button").click();
    await supervisor.sees("[data-call]");
    await supervisor.press("Escape");

    // One paper for the meeting.
    await supervisor.page.getByText("定例報告会資料").click();
    await supervisor.sees('[data-section="attempts_by_day"]');
    await supervisor.sees('[data-section="cohorts"]');
    const taken = supervisor.page.waitForEvent("download");
    await supervisor.page.getByRole("group", { name: "ファイルで受け取る" }).getByRole("button", { name: "PDF" }).click();
    const paper = await taken;
    assert.match(paper.suggestedFilename(), /^report-pack-\d{4}-\d\d\.pdf$/);
    assert.equal((await readFile(await paper.path())).subarray(0, 5).toString(), "%PDF-");

    // The minutes begin with the month's figures. While they are written somebody else saves: nothing is lost.
    await supervisor.sees('[data-minutes="0"]');
    await supervisor.page.getByRole("button", { name: "議事録を書く" }).click();
    const form = supervisor.page.locator("[data-minutes-form]");
    assert.match(await form.getByLabel("議事", { exact: true }).inputValue(), new RegExp(`架電件数 実績${attempts}件`));
    await form.getByLabel("出席者").fill("区 収納課 係長\n受託者 業務責任者");
    await form.getByLabel("決定事項").fill("つながりやすい時間帯に席を増やす");
    await form.getByRole("button", { name: "宿題を追加" }).click();
    await form.getByLabel("内容").fill("席割りを直す");
    await form.getByLabel("担当").fill("受託者");
    await supervisor.accessible("the minutes being written");
    await supervisor.picture("minutes-form");
    const month = report.period;
    const { minutes } = (await supervisor.api(`/api/minutes/${month}`)).data;
    const other = { from: 0, minutes: { ...minutes, present: "区 係長", decided: "ほかの人が書いた" } };
    assert.equal((await supervisor.api(`/api/minutes/${month}`, "PUT", other)).status, 200);
    await form.getByRole("button", { name: "保存する", exact: true }).click();
    await form.getByText("その間に別の人が保存または署名しました").waitFor();
    await form.getByRole("button", { name: "最新の版に続けて保存する" }).waitFor();
    assert.equal(await form.getByLabel("決定事項").inputValue(), "つながりやすい時間帯に席を増やす");
    await supervisor.page.locator('[data-minutes-field="decided"]', { hasText: "ほかの人が書いた" }).waitFor();
    await supervisor.picture("minutes-overtaken");
    await form.getByRole("button", { name: "最新の版に続けて保存する" }).click();
    await supervisor.sees('[data-minutes="2"]');
    await form.waitFor({ state: "hidden" });
    await supervisor.page.getByRole("button", { name: "第2版に署名する" }).click();
    await supervisor.sees("[data-signed=contractor]");
    assert.equal(await supervisor.page.locator("[data-frozen]").count(), 0);

    const ward = await Person.come(house, "ward");
    await ward.signIn("/reports");
    await ward.page.getByText("定例報告会資料").click();
    await ward.sees('[data-minutes="2"]');
    await ward.page.getByText("席割りを直す / 受託者").waitFor();
    assert.equal(await ward.page.getByRole("button", { name: "書き直す" }).count(), 0);
    await ward.page.getByRole("button", { name: "第2版に署名する" }).click();
    await ward.sees("[data-signed=ward]");
    await ward.sees("[data-signed=contractor]");
    await ward.sees("[data-frozen]");
    await ward.page.locator("[data-minutes]").scrollIntoViewIfNeeded();
    await ward.accessible("signed minutes");
    await ward.picture("minutes-signed");
    const signed = ward.page.waitForEvent("download");
    await ward.page.locator("[data-minutes]").getByRole("button", { name: "PDF" }).click();
    assert.match((await signed).suggestedFilename(), /^minutes-\d{4}-\d\d-2\.pdf$/);

    await supervisor.go("/reports");
    await supervisor.page.getByText("定例報告会資料").click();
    await supervisor.sees("[data-frozen]");
    for (const person of [supervisor, ward]) await person.leave();
  }],
];
