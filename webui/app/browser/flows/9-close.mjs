import assert from "node:assert/strict";
import { casesByEnding, Person } from "../person.mjs";

export default [
  ["a wish for instalments goes to the ward, which answers it; then the day is closed, and nobody is left on the screens", async (house) => {
    const operator = await Person.come(house, "operator1");
    const supervisor = await Person.come(house, "supervisor");
    const ward = await Person.come(house, "ward");
    await supervisor.signIn("/board");
    await operator.atDesk();
    await ward.signIn("/handoffs");
    const about = (await casesByEnding(supervisor, house.taken))("05");
    await operator.present(about);
    const attempt = await operator.dial();
    await operator.sees("[data-phase=talking], [data-phase=wrap_up]");
    await operator.press("1", "b");
    if ((await operator.phase()) === "talking") await operator.press("h");
    await operator.sees("[data-phase=wrap_up]");
    await operator.press("Control+Enter");
    await operator.until("the result", async () => (await operator.api(`/api/attempts/${attempt}`)).data?.entry);

    // It stands on the ward's board by itself, and the ward answers it there.
    await ward.answerInstalments(about, supervisor, async () => {
      await ward.accessible("a hand-off");
      await ward.picture("handoff");
    });
    await ward.press("Escape");
    await supervisor.go("/handoffs");
    await supervisor.page.getByText("すべて").click();
    await supervisor.sees('tr[data-state="answered"]');
    await supervisor.accessible("the board of hand-offs");
    await supervisor.picture("handoffs");

    // What the earlier flows left owing is settled first: the screen says so.
    await supervisor.go("/close");
    await supervisor.sees('[data-check="open_calls"]');
    for (const due of (await supervisor.api("/api/desks")).data.desks.filter((d) => d.state === "wrap_up")) {
      await supervisor.api(`/api/attempts/${due.call_id}/result`, "PUT", { party: "silent" });
    }
    const owed = (await supervisor.api("/api/attempts?limit=500")).data.items.filter((a) => a.result === "answered" && !a.entry);
    for (const a of owed) await supervisor.api(`/api/attempts/${a.id}/result`, "PUT", { party: "silent" });
    const check = supervisor.page.getByLabel("返却する内容を確かめました");
    await supervisor.until("the close to be ready", async () => await check.isEnabled());
    // The records so far go before the close, once; and one key has a case's record on the clipboard.
    await supervisor.page.getByRole("button", { name: "記録を書き出す" }).click();
    await supervisor.sees("[data-export]");
    await supervisor.sees('[data-waiting="0"]');
    await supervisor.accessible("records before the close");
    await supervisor.picture("exports");
    await supervisor.page.getByRole("button", { name: "記録を書き出す" }).click();
    await supervisor.page.getByText("書き出す記録がありません").waitFor();
    await ward.go("/close");
    const taken = ward.page.waitForEvent("download");
    await ward.page.locator("[data-export]").getByRole("button", { name: /^records-/ }).click();
    assert.match((await taken).suggestedFilename(), /^records-.*\.csv$/);
    await supervisor.go(`/cases/${about.id}`);
    await supervisor.page.getByRole("button", { name: "今日の記録をコピー" }).waitFor();
    await supervisor.press("r");
    await supervisor.page.getByText("1件の記録をコピーしました").waitFor();
    await supervisor.accessible("a case whose record was copied");
    await supervisor.go("/close");
    await check.waitFor();

    await supervisor.accessible("the close's checklist");
    await supervisor.picture("close-checklist");
    await check.check();
    await supervisor.page.getByRole("button", { name: "終業返却を始める" }).click();
    await supervisor.sees('details[data-step="closed"]');
    await supervisor.page.locator('details[data-step="closed"] summary').click();
    await supervisor.page.locator('details[data-step="closed"]').getByText(/^records-/).waitFor();
    await supervisor.accessible("a close that is over");
    await supervisor.picture("close-over");

    await supervisor.page.getByText("本日は返却済みです").waitFor();

    // Whoever called is signed off: the sign-in screen is all that is left.
    await operator.page.getByLabel("ログイン名").waitFor();
    assert.equal((await operator.api("/api/desks")).status, 401);

    // Nobody is left on the screens, and nothing is dialled any more.
    const hits = (await supervisor.api("/api/cases/search", "POST", { q: about.name.slice(0, 2) })).data.items;
    assert.deepEqual(hits, [], "somebody is found after the close");
    const after = (await supervisor.api(`/api/cases/${about.id}`)).data.case;
    assert.equal(after.name, "");
    const history = (await supervisor.api(`/api/attempts/${attempt}`)).data;
    assert.equal(history.entry.business_results[0], "instalments");
    await ward.go("/close");
    await ward.sees('details[data-step="closed"]');
    await ward.picture("ward-close");
    for (const person of [operator, supervisor, ward]) await person.leave();
  }],
];
