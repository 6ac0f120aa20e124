import assert from "node:assert/strict";
import { readPaidList } from "../paper.mjs";
import { casesByEnding, Person } from "../person.mjs";

export default [
  ["a promise in parts, on a day without banks, and the paid list that keeps it", async (house) => {
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/board");
    const operator = await Person.come(house, "operator1");
    await operator.atDesk();
    const about = (await casesByEnding(supervisor, house.taken))("05");
    const attempt = await promise(operator, about);

    const { entry } = (await operator.api(`/api/attempts/${attempt}`)).data;
    assert.equal(entry.promise.parts.reduce((sum, p) => sum + p.amount_yen, 0), entry.promise.amount_yen);
    assert.notEqual(new Date(`${entry.promise.due_on}T12:00:00Z`).getUTCDay(), 0);
    await supervisor.go(`/cases/${about.id}`);
    await supervisor.sees('[data-promises] tr[data-stage="ahead"]');

    await readPaidList(supervisor, [{ about, promise: entry.promise }], async () => {
      await supervisor.page.getByText("この宛名番号の案件が名簿にありません").first().waitFor();
      await supervisor.picture("paid-list");
      await supervisor.accessible("a paid list before it counts");
    });
    await supervisor.page.getByText(/約束の履行 1件/).waitFor();
    await supervisor.go("/promises");
    await supervisor.page.locator(`tr[data-stage="kept"] a[href="/cases/${about.id}"]`).waitFor();
    await supervisor.picture("promises");
    await supervisor.accessible("the promises");
    await supervisor.page.locator(`tr[data-stage="kept"] a[href="/cases/${about.id}"]`).click();
    await supervisor.page.getByText("入金").first().waitFor();
    await supervisor.sees('[data-promises] tr[data-stage="kept"]');
    await supervisor.picture("case-paid");
    await supervisor.accessible("a case with its promise and what was paid");

    const ward = await Person.come(house, "ward");
    await ward.signIn("/promises");
    await ward.page.getByText("氏名などは表示されません。").waitFor();
    assert.equal(await ward.page.locator("[data-promises]").count(), 0);
    assert.equal((await ward.api("/api/promises")).data.items.length, 0);
    for (const person of [operator, supervisor, ward]) await person.leave();
  }],
];

/** Records a promise of all that is owed, split, first for a Sunday; returns the attempt's id. */
async function promise(operator, about) {
  await operator.present(about);
  const attempt = await operator.dial();
  await operator.sees("[data-phase=talking], [data-phase=wrap_up]");
  await operator.press("Shift+Digit1", "Shift+Digit2", "y");
  await operator.page.getByRole("group", { name: "未納額" }).waitFor();
  if ((await operator.phase()) === "talking") await operator.press("h");
  await operator.sees("[data-phase=wrap_up]");
  await operator.page.locator('[data-field="due_on"]').fill(nextSunday());
  await operator.page.getByText(/金融機関の休業日です/).waitFor();
  await operator.page.locator('[data-field="due_on"]').press("Escape");
  await operator.press(",");
  await operator.sees("[data-left='0']");
  await operator.picture("desk-promise");
  await operator.accessible("a promise in parts");
  await operator.press(".");
  await operator.page.getByText(/金融機関の休業日です/).waitFor({ state: "hidden" });
  await operator.press("Control+Enter");
  await operator.until("the next case", async () => ![null, about.id].includes(await operator.shownCase().catch(() => null)));
  return attempt;
}

const day = (at) => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Tokyo" }).format(at);

function nextSunday() {
  for (let at = Date.now() + 86_400_000; ; at += 86_400_000) {
    if (new Date(`${day(at)}T12:00:00Z`).getUTCDay() === 0) return day(at);
  }
}
