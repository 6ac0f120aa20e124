import assert from "node:assert/strict";
import { Person } from "../person.mjs";

export default [
  ["the targets: the ward sets a month's, the supervisor sees how it stands and tells the ward that it fails", async (house) => {
    const ward = await Person.come(house, "ward");
    await ward.signIn();
    await ward.go("/targets");
    await ward.sees("[data-standing='calls month']");
    assert.equal(await ward.page.locator("[data-standing]").count(), 6);
    await ward.accessible("the targets");
    await ward.page.getByLabel("件数", { exact: true }).fill("4321");
    assert.equal(await ward.page.getByRole("button", { name: "目標を記録する" }).isDisabled(), true);
    await ward.page.getByLabel("区の誰の、どのような指示か").fill("収納係の指示: 対象者が少ない");
    await ward.page.getByRole("button", { name: "目標を記録する" }).click();
    const month = (person) => person.page.locator("[data-standing='calls month']");
    await ward.until("the new target", async () => /4,321/.test(await month(ward).innerText()));
    assert.match(await month(ward).innerText(), /区の指示/);
    assert.equal(await ward.page.locator("[data-notice-form]").count(), 0);
    await ward.picture("targets");

    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/board");
    await supervisor.go("/targets");
    await supervisor.until("the ward's word", async () => /収納係の指示/.test(await month(supervisor).innerText()));
    // Nothing but what the tests did was done this month: it is behind, or not known yet. What can be told is told in the ward's words.
    const period = (await supervisor.api("/api/targets")).data.month;
    const told = await supervisor.api("/api/targets/notices", "POST", { measure: "calls", kind: "month", period, reason: "回線工事", remedy: "翌月に席を増やす" });
    assert.equal(told.status, 200);
    await supervisor.page.reload();
    await supervisor.sees(`[data-notice='${told.data.id}']`);
    await supervisor.accessible("the targets of the supervisor");
    await supervisor.picture("targets-supervisor");
    const download = supervisor.page.waitForEvent("download");
    await supervisor.page.locator(`[data-notice='${told.data.id}'] button`).click();
    assert.match((await download).suggestedFilename(), /^notice-\d+\.pdf$/);
    await supervisor.page.getByLabel("契約どおりに戻す").check();
    await supervisor.page.getByLabel("区の誰の、どのような指示か").fill("契約どおりに戻す");
    await supervisor.page.getByRole("button", { name: "目標を記録する" }).click();
    await supervisor.until("the contract's target", async () => /5,700/.test(await month(supervisor).innerText()));
    await supervisor.leave();
    await ward.leave();
  }],
];
