import assert from "node:assert/strict";
import { Person } from "../person.mjs";
import { list, noted, readList, readPaidList } from "../paper.mjs";

export default [
  ["the next morning", async (house) => {
    const { promised, attempts } = noted();
    const boss = await Person.come(house, "supervisor");
    await boss.signIn("/lists");
    assert.equal((await boss.api(`/api/cases/${promised[0].about.id}`)).data.case.name, "", "somebody was here before the list");
    await readList(boss, list());
    // History has joined up: the same people, with what was done yesterday.
    for (const { about, attempt } of promised) {
      const page = (await boss.api(`/api/cases/${about.id}`)).data;
      assert.equal(page.case.name, about.name);
      assert.ok(page.history.some((a) => a.id === attempt));
      assert.equal(page.promises.length, 1);
    }
    const kept = (await boss.api("/api/attempts?limit=500")).data.items.map((a) => a.id);
    assert.deepEqual(attempts.filter((a) => !kept.includes(a)), [], "a call of yesterday is gone");
    await readPaidList(boss, [promised[0]]);
    await stands(boss, promised[0], "kept");
    for (const p of promised.slice(1)) await stands(boss, p, "ahead");
    await boss.go(`/cases/${promised[0].about.id}`);
    await boss.sees('[data-promises] tr[data-stage="kept"]');
    await boss.picture("history-joined");
    const operator = await Person.come(house, "operator1");
    await operator.atDesk();
    for (const person of [operator, boss]) await person.leave();
  }],

  // The days of grace are over, and the paid lists have been read beyond them.
  ["three weeks later", async (house) => {
    const { promised } = noted();
    const boss = await Person.come(house, "supervisor");
    await boss.signIn("/lists");
    await readList(boss, list());
    await readPaidList(boss, []);
    await stands(boss, promised[0], "kept");
    for (const p of promised.slice(1)) await stands(boss, p, "broken");
    await boss.go(`/cases/${promised[1].about.id}`);
    await boss.sees('[data-promises] tr[data-stage="broken"]');
    await boss.picture("promise-broken");
    await boss.leave();
  }],
];

/** The promise of a case has come so far. */
async function stands(boss, { about }, stage) {
  await boss.until(`${stage} of ${about.id}`, async () => {
    const { status, data } = await boss.api(`/api/cases/${about.id}`);
    assert.equal(status, 200, JSON.stringify(data));
    return data.promises[0]?.stage === stage;
  });
}
