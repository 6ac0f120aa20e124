import assert from "node:assert/strict";
import { Person } from "../person.mjs";
import { noted } from "../paper.mjs";

export default [
  ["the contract's end", async (house) => {
    const { promised, attempts } = noted();
    const boss = await Person.come(house, "supervisor");
    await boss.signIn("/close");
    await boss.page.getByRole("button", { name: "内容を確かめる" }).click();
    const { day, goes } = (await boss.api("/api/close/final")).data;
    assert.ok(goes.persons > 0 && goes.keys > 0, JSON.stringify(goes));
    const begin = boss.page.getByRole("button", { name: "契約を終了して返却する" });
    const typed = boss.page.locator("[data-contract-end] input");
    await boss.picture("contract-end");
    await boss.accessible("the contract's end");
    await typed.fill("2026-01-01"); // another day
    assert.ok(await begin.isDisabled());
    await typed.fill(day);
    await begin.click();
    await boss.sees('details[data-step="closed"]');
    await boss.page.getByText("契約は終了しました").first().waitFor();
    await boss.picture("contract-ended");
    // Nobody is found, nothing begins any more, and what was done is there.
    assert.deepEqual((await boss.api("/api/cases/search", "POST", { q: promised[0].about.ward_number })).data.items, []);
    const again = await boss.api("/api/close", "POST", { day });
    assert.deepEqual([again.status, again.data.rule], [409, "contract_ended"]);
    const kept = (await boss.api("/api/attempts?limit=500")).data.items.map((a) => a.id);
    assert.deepEqual(attempts.filter((a) => !kept.includes(a)), []);
    const { files } = (await boss.api("/api/closes")).data.items[0];
    assert.equal(files.filter((f) => f.kind === "handover").length, 2);
    await boss.leave();
  }],
];
