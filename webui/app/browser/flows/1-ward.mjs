import assert from "node:assert/strict";
import { Person } from "../person.mjs";

export default [
  ["the ward: it lands on what waits for it, each a link to where it is done", async (house) => {
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/scripts");
    const page = { key: "ward_waits", language: "ja", title: "案: 確認待ちの例", body: "こちらは区の番号です。", situations: ["voicemail"] };
    const drafted = await supervisor.api("/api/scripts", "POST", page);
    assert.equal(drafted.status, 201, JSON.stringify(drafted.data));
    const ward = await Person.come(house, "ward");
    await ward.signIn();
    await ward.sees("[data-waiting=scripts]");
    assert.equal(new URL(ward.page.url()).pathname, "/ward");
    assert.equal((await supervisor.api("/api/waiting")).status, 403);
    for (const theme of ["light", "dark"]) {
      await ward.page.evaluate((to) => localStorage.setItem("kakeru-scheme", to), theme);
      await ward.page.reload();
      await ward.sees("[data-waiting=scripts]");
      await ward.accessible(`what waits for the ward, ${theme}`);
      await ward.picture(`ward-waiting-${theme}`);
    }
    // A week with everything in it.
    const at = new Date().toISOString();
    const full = {
      more: false, more_incidents: false,
      handoffs: ["instalments", "slip_reissue", "hardship", "complaint"].map((kind, i) => ({ id: `h${i}`, kind, state: i === 1 ? "acknowledged" : "open", by_name: "担当", at, moved_at: at, due_on: `2026-11-${25 + i}`, overdue: i === 0 })),
      incidents: [{ id: 3, kind: "feared", found_at: at, received: false, next: { act: "preliminary", due: at, met: false, late: false } }],
      scripts: [{ id: "s1", title: "案: 留守番電話", language: "ja", version: 2, at }, { id: "s2", title: "Draft: ways to pay", language: "en", version: 1, at }],
      minutes: [{ month: "2026-10", revision: 2, at }],
      reports: [{ kind: "day", period: "2026-11-27", revision: 1, at }, { kind: "month", period: "2026-10", revision: 2, at }, { kind: "pack", period: "2026-10", revision: 1, at }],
      targets: [{ measure: "calls", kind: "month", period: "2026-11", target: 5700, forecast: 5210 }], notices: [{ id: 4, at }],
    };
    await ward.page.route("**/api/waiting", (r) => r.fulfill({ json: full }));
    for (const theme of ["light", "dark"]) {
      await ward.page.evaluate((to) => localStorage.setItem("kakeru-scheme", to), theme);
      await ward.go("/ward");
      await ward.sees("[data-waiting=targets]");
      await ward.accessible(`a full week for the ward, ${theme}`);
      await ward.picture(`ward-full-${theme}`);
    }
    for (const [list, where] of [["incidents", "/audit#incidents"], ["minutes", "/reports#pack/2026-10"], ["reports", "/reports#day/2026-11-27"]]) {
      assert.equal(await ward.page.locator(`[data-waiting=${list}] a`).first().getAttribute("href"), where);
    }
    await ward.page.locator("[data-waiting=incidents] a").click();
    await ward.page.getByRole("tab", { name: "事故", selected: true }).waitFor();
    await ward.page.setViewportSize({ width: 1920, height: 1080 });
    await ward.go("/ward");
    await ward.sees("[data-waiting=targets]");
    await ward.picture("ward-full-1920");
    await ward.page.unroute("**/api/waiting");
    await ward.go("/ward");
    await ward.sees("[data-waiting=scripts]");
    for (const [list, path] of [["handoffs", "/handoffs"], ["incidents", "/audit"], ["scripts", "/scripts"], ["minutes", "/reports"], ["reports", "/reports"], ["targets", "/targets"]]) {
      const link = ward.page.locator(`[data-waiting=${list}] a`).first();
      if ((await link.count()) === 0) continue;
      await link.click();
      await ward.page.waitForURL((url) => url.pathname === path);
      await ward.page.goBack();
      await ward.sees("[data-waiting=scripts]");
    }
    // No door leads to an empty screen: each has its heading and something to read.
    for (const to of await ward.page.getByRole("navigation").getByRole("link").evaluateAll((links) => links.map((a) => a.getAttribute("href")))) {
      await ward.go(to);
      await ward.page.locator("main h1").first().waitFor();
      await ward.until(`${to} to say something`, async () => (await ward.page.locator("main").innerText()).length > 20);
    }
    await ward.page.evaluate(() => localStorage.removeItem("kakeru-scheme"));
    // Approved, it waits no more. Withdrawn, no desk shows it.
    assert.equal((await ward.api(`/api/scripts/${drafted.data.id}/approve`, "POST")).status, 200);
    await ward.go("/ward");
    await ward.until("the page to be done", async () => !(await ward.page.locator("main").innerText()).includes("確認待ちの例"));
    assert.equal((await ward.api(`/api/scripts/${drafted.data.id}/withdraw`, "POST")).status, 200);
    await ward.leave();
    await supervisor.leave();
  }],
];
