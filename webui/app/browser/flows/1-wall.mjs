import assert from "node:assert/strict";
import { casesByEnding, Person } from "../person.mjs";

const sizes = [
  { width: 1920, height: 1080 },
  { width: 3840, height: 2160 },
  { width: 1280, height: 800 },
];

/** Both themes: nobody is signed in at a wall, so the browser's own memory is set. */
async function inTheme(wall, theme) {
  await wall.page.evaluate((to) => localStorage.setItem("kakeru-scheme", to), theme);
  await wall.page.reload();
  await wall.sees("[data-wall][data-link=live]");
}

/** Nothing scrolls, nothing is cut off, and no text is smaller than what is read from three metres, once the page has found its size: a slow machine takes a while. */
async function readable(wall, what) {
  const until = Date.now() + 5000;
  let found = await faultsOf(wall);
  while (found.length > 0 && Date.now() < until) {
    await wall.page.waitForTimeout(100);
    found = await faultsOf(wall);
  }
  assert.deepEqual(found, [], what);
}

const faultsOf = (wall) =>
  wall.page.evaluate(() => {
    const faults = [];
    const page = document.documentElement;
    if (page.scrollHeight > innerHeight + 1 || page.scrollWidth > innerWidth + 1) faults.push(`it scrolls: ${page.scrollWidth}×${page.scrollHeight}`);
    const least = Math.min(innerWidth / 1920, innerHeight / 1080) * 23;
    for (const e of document.querySelectorAll("[data-wall] *")) {
      const text = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
      if (!text || e.closest("[class*=tools], svg, .visually-hidden")) continue;
      const box = e.getBoundingClientRect();
      if (box.right > innerWidth + 1 || box.bottom > innerHeight + 1) faults.push(`outside: ${e.textContent}`);
      if (e.scrollWidth > e.clientWidth + 2 && getComputedStyle(e).overflow === "hidden") faults.push(`cut off: ${e.textContent}`);
      if (parseFloat(getComputedStyle(e).fontSize) < least) faults.push(`small (${getComputedStyle(e).fontSize}): ${e.textContent}`);
    }
    // Words lie on no other words, inside their panel, and those of the drawing are as large.
    const leaves = [];
    for (const e of document.querySelectorAll("[data-wall] *")) {
      if (e.closest("[class*=tools]")) continue;
      for (const n of e.childNodes) {
        if (n.nodeType !== 3 || !n.textContent.trim()) continue;
        const range = document.createRange();
        range.selectNodeContents(n);
        const box = range.getBoundingClientRect();
        const panel = e.closest("section")?.getBoundingClientRect();
        if (panel && (box.bottom > panel.bottom + 1 || box.right > panel.right + 1)) faults.push(`out of its panel: ${n.textContent}`);
        if (e.tagName === "text" && parseFloat(getComputedStyle(e).fontSize) < least) faults.push(`small in the drawing: ${n.textContent}`);
        leaves.push([n.textContent, box]);
      }
    }
    leaves.forEach(([text, a], i) => {
      for (const [other, b] of leaves.slice(i + 1)) {
        if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.4 * Math.min(a.height, b.height)) faults.push(`${text} lies on ${other}`);
      }
    });
    return faults;
  });

/** A working day at 14:20: the plan is 240, both desks work. */
function workingDay(desks) {
  const nine = new Date("2026-11-24T09:00:00+09:00").getTime();
  const now = new Date("2026-11-24T14:20:00+09:00");
  const halves = Array.from({ length: 16 }, (_, i) => ({ at: new Date(nine + i * 1_800_000).toISOString(), plan: 15 * (i + 1), attempts: i < 11 ? [16, 14, 13, 17, 12, 9, 4, 15, 14, 13, 9][i] : 0, answered: i < 11 ? [6, 5, 4, 7, 4, 3, 1, 6, 5, 4, 3][i] : 0 }));
  const by_result = { answered: 48, no_answer: 61, busy: 9, out_of_reach: 7, unallocated: 5, line_trouble: 2, number_changed: 1 };
  const inbound = { answered: 3, missed: 1, call_backs: 2, inquiries: 1, complaints: 0, others: 0, by_hand: 0 };
  return {
    at: now.toISOString(), name: "江東区 納付案内センター", demo: false, definition: "attempts", line_up: true,
    hours: { open: true, always_open: false, today: { from: "09:00", to: "17:00" } },
    month: { month: "2026-11", target: 5700, done: 4123, state: "on_track" },
    today: { day: "2026-11-24", attempts: 136, answered: 48, target: 240, by_hand: 0, inbound, by_result },
    curve: { day: "2026-11-24", target: 240, halves }, desks,
    alerts: [
      { kind: "long_talk", desk: "2番席", at: now.toISOString(), text: "通話が15分を超えました。応援がいるか、席の様子を確かめてください", text_en: "" },
      { kind: "pace_behind", at: now.toISOString(), text: "14:00時点で計画より24件遅れています(計画150件、実績126件)", text_en: "" },
      { kind: "trunk_down", at: now.toISOString(), text: "回線「予備」が使えません。", text_en: "" },
    ],
  };
}

const states = [["in_call", "talking"], ["in_call", "calling_customer"], ["ready"], ["wrap_up"], ["away"], ["empty"]];
const seats = (n) => Array.from({ length: n }, (_, i) => ({
  name: `${i + 1}番席`, state: states[i % 6][0], ...(states[i % 6][1] ? { call: states[i % 6][1] } : {}), since: new Date(Date.parse("2026-11-24T14:20:00+09:00") - (i + 1) * 73_000).toISOString(),
  registered: i !== 2, ringing: false, paused: false,
}));

export default [
  ["a full day on the wall: two desks, eight, and two hundred, read from three metres in both themes", async (house) => {
    for (const count of [2, 8, 200]) {
      const wall = await Person.come(house, "wall");
      await wall.page.clock.setFixedTime(new Date("2026-11-24T14:20:00+09:00"));
      const day = workingDay(seats(count));
      await wall.page.route("**/api/wall", (r) => r.fulfill({ json: day }));
      await wall.page.routeWebSocket("**/api/wall/live", (socket) => void socket.send(JSON.stringify({ seq: 1, type: "wall", at: day.at, data: day })));
      await wall.page.setViewportSize(sizes[0]);
      await wall.go("/wall");
      for (const theme of ["light", "dark"]) {
        await inTheme(wall, theme);
        for (const size of sizes) {
          await wall.page.setViewportSize(size);
          await wall.page.waitForTimeout(100);
          await readable(wall, `a full day, ${count} desks, ${theme}, ${size.width}`);
          if (size.width < 3000) await wall.picture(`wall-full-${count}-${theme}-${size.width}`);
        }
        await wall.accessible(`a full day, ${count} desks, ${theme}`);
      }
      await wall.leave();
    }
  }],

  ["the wall: the administrator makes a screen, its code is put in once, it shows the day and nobody, and goes dark when it is revoked", async (house) => {
    const admin = await Person.come(house, "admin");
    await admin.signIn("/displays");
    await admin.page.getByText("壁の画面はまだありません").waitFor();
    await admin.accessible("no screens yet");
    await admin.page.getByRole("button", { name: "画面を追加" }).click();
    const form = admin.page.getByRole("dialog");
    await form.getByLabel("置く場所").fill("事務室 03-1234-5678");
    await form.getByRole("button", { name: "画面を追加" }).click();
    await form.getByText("電話番号や宛名番号のような数字").waitFor();
    await form.getByLabel("置く場所").fill("事務室の壁");
    await form.getByRole("button", { name: "画面を追加" }).click();
    const code = await form.locator("[data-code]").innerText();
    assert.match(code, /^([0-9A-Z]{4}-){3}[0-9A-Z]{4}$/);
    await admin.accessible("a screen's code");
    await admin.picture("admin-display-code");
    await form.getByRole("button", { name: "控えました" }).click();
    await admin.page.getByText("コード待ち").waitFor();
    assert.ok(!(await admin.page.content()).includes(code), "the code is still on the screen");

    const wall = await Person.come(house, "wall");
    await wall.page.setViewportSize(sizes[0]);
    await wall.go("/wall");
    await wall.page.getByLabel("画面のコード").fill("AAAA-AAAA-AAAA-AAAA");
    await wall.press("Enter");
    await wall.page.getByText("管理者に新しいコードの発行を").waitFor();
    await wall.accessible("the wall's code");
    await wall.picture("wall-code");
    await wall.go(`/wall#${code}`);
    await wall.sees("[data-wall][data-link=live]");
    assert.equal(new URL(wall.page.url()).hash, "", "the code stays in the address");
    await wall.page.reload();
    await wall.sees("[data-wall][data-link=live]");
    for (const path of ["/api/session", "/api/desks", "/api/queue", "/api/attempts", "/api/progress", "/api/displays", "/api/live"]) {
      assert.equal((await wall.api(path)).status, 401, `a screen may read ${path}`);
    }
    assert.equal(await wall.page.evaluate(() => document.cookie), "", "a script reads the screen's cookie");

    const [supervisor, operator] = [await Person.come(house, "supervisor"), await Person.come(house, "operator1")];
    await supervisor.signIn("/board");
    await operator.atDesk();
    const about = (await supervisor.api("/api/queue?limit=200")).data.items;
    await wall.sees("[data-doing=ready]");
    await operator.present((await casesByEnding(supervisor, house.taken))("40")); // nobody answers
    await operator.dial();
    await wall.sees("[data-doing=calling_customer]");
    const text = await wall.page.locator("body").innerText();
    for (const { name, ward_number, case_id } of about) {
      for (const never of [name, ward_number, case_id]) assert.ok(!never || !text.includes(never), "the wall shows a debtor");
    }
    assert.ok(wall.frames.every((f) => ["wall", "bye"].includes(f.type)), "the screen is sent more than the wall");
    assert.ok(!/"(case|operator|number)\w*":/.test(JSON.stringify(wall.frames)), "the frames say more than the screen shows");
    for (const theme of ["light", "dark"]) {
      await wall.page.setViewportSize(sizes[0]);
      await inTheme(wall, theme);
      for (const size of sizes) {
        await wall.page.setViewportSize(size);
        await wall.page.waitForTimeout(200);
        await readable(wall, `the wall ${theme} at ${size.width}`);
        await wall.picture(`wall-${theme}-${size.width}`);
      }
      await wall.page.setViewportSize(sizes[0]);
      await wall.accessible(`the wall, ${theme}`);
    }
    await operator.until("the call to end", async () => {
      if ((await operator.phase()) === "idle") return true;
      await operator.press("Escape");
      return false;
    });
    assert.equal((await operator.api("/api/desks/desk1/leave", "POST")).status, 200);
    await wall.sees("[data-doing=empty]");

    await admin.page.getByText("表示中").waitFor();
    await admin.accessible("the screens");
    await admin.picture("admin-displays");
    const row = admin.page.locator("tr[data-display='事務室の壁']");
    await row.getByRole("button", { name: "取り消す" }).click();
    await row.getByRole("button", { name: "本当に取り消す" }).click();
    await wall.page.getByText("この画面の許可は取り消されました").waitFor();
    await row.getByText("取消済").waitFor();
    await wall.go(`/wall#${code}`);
    await wall.page.getByText("管理者に新しいコードの発行を").waitFor();
    for (const person of [wall, operator, supervisor, admin]) await person.leave();
  }],
];
