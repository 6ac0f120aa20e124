import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { casesByEnding, Person } from "../person.mjs";
import { forbid } from "../hands.mjs";
import { binary } from "../server.mjs";

// The operator's whole day, once by keyboard alone and once by mouse alone. What is forbidden throws.
export default [
  ["the operator's whole day by keyboard alone", async (house) => {
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/board");
    const caseWith = await casesByEnding(supervisor, house.taken);
    const me = await Person.come(house, "operator1");
    forbid(me.page.mouse, "mouse");
    await me.go("/desk");
    await me.page.getByLabel("ログイン名").waitFor();
    await me.page.getByLabel("ログイン名").focus();
    await me.page.keyboard.insertText("operator1");
    await me.press("Tab");
    await me.page.keyboard.insertText(house.server.logins.operator1);
    await me.press("Enter");
    await me.page.locator("[data-link=live]").waitFor();
    const seat = me.page.locator("button:has-text('着席する'), button:has-text('この画面で続ける')").first();
    await me.until("the desk or a seat", async () => (await me.page.locator("[data-phase]").count()) + (await seat.count()));
    if (await seat.count()) await me.press("Enter"); // it has the focus
    await me.sees("section[data-case]");
    await theDay(me, caseWith, keyboard(me), house);
    await me.press("Control+Home"); // off the fields
    await me.page.getByRole("button", { name: "見本 一郎" }).focus();
    await me.press("Enter");
    await me.page.getByRole("menuitem", { name: "サインアウト" }).waitFor();
    for (let i = 0; i < 8 && !(await me.page.getByRole("menuitem", { name: "サインアウト" }).evaluate((e) => e === document.activeElement)); i++) await me.press("ArrowDown");
    await me.press("Enter");
    await me.page.getByLabel("ログイン名").waitFor();
    await me.leave();
    await supervisor.leave();
  }],

  ["the operator's whole day by mouse alone", async (house) => {
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/board");
    const caseWith = await casesByEnding(supervisor, house.taken);
    const me = await Person.come(house, "operator1");
    forbid(me.page.keyboard, "keyboard", ["insertText"]); // of text fields the text alone
    await me.go("/desk");
    await me.page.getByLabel("ログイン名").fill("operator1");
    await me.page.getByLabel("パスワード", { exact: true }).fill(house.server.logins.operator1);
    await me.page.locator("form button[type=submit]").click();
    await me.page.locator("[data-link=live]").waitFor();
    const seat = me.page.locator("button:has-text('着席する'), button:has-text('この画面で続ける')").first();
    await me.until("the desk or a seat", async () => (await me.page.locator("[data-phase]").count()) + (await seat.count()));
    if (await seat.count()) await seat.click();
    await me.sees("section[data-case]");
    await theDay(me, caseWith, mouse(me), house);
    await me.page.getByRole("button", { name: "見本 一郎" }).click();
    await me.page.getByRole("menuitem", { name: "サインアウト" }).click();
    await me.page.getByLabel("ログイン名").waitFor();
    await me.leave();
    await supervisor.leave();
  }],
];

/** Reads the history, calls, has nobody, a busy line, a machine, a promise, a call-back, a break, a call by hand, a correction, a call that comes in. */
async function theDay(me, caseWith, by, house) {
  for (const [ending, result] of [["40", "no_answer"], ["41", "busy"]]) {
    const about = await bring(me, by, caseWith(ending));
    await by.read();
    await me.sees("[data-history-check][aria-pressed=true]");
    const attempt = await dialled(me, by);
    await next(me, about);
    assert.equal((await me.api(`/api/attempts/${attempt}`)).data.result, result);
  }

  let about = await bring(me, by, caseWith("44"));
  const machine = await dialled(me, by);
  await me.sees("[data-phase=talking]");
  await by.machine();
  await next(me, about);
  assert.equal((await me.api(`/api/attempts/${machine}`)).data.party, "voicemail");

  await me.page.locator(`p[data-attempt="${machine}"]`).getByRole("button", { name: "訂正" }).waitFor();
  await by.correct(); // it was the family after all: a message was left
  const dialog = me.page.getByRole("dialog");
  await dialog.locator('[data-business="message_left"]').waitFor();
  await by.choose("2", "d", "a");
  await by.save(dialog);
  await dialog.waitFor({ state: "hidden" });
  assert.deepEqual((await me.api(`/api/attempts/${machine}`)).data.business_results, ["message_left"]);

  about = await bring(me, by, caseWith("50"));
  let attempt = await dialled(me, by);
  await me.sees("[data-phase=talking]");
  await by.hold(true);
  await me.page.getByText("保留中", { exact: true }).waitFor();
  await by.hold(false);
  await me.page.getByText("保留中", { exact: true }).waitFor({ state: "hidden" });
  await by.identify(1, 2);
  await me.page.getByRole("group", { name: "未納額" }).waitFor();
  await by.choose("y");
  await by.hangUp();
  await me.sees("[data-phase=wrap_up]");
  await by.save(me.page);
  await next(me, about);
  assert.ok((await me.api(`/api/attempts/${attempt}`)).data.entry.promise.amount_yen > 0);

  about = await bring(me, by, caseWith("50"));
  attempt = await dialled(me, by);
  await me.sees("[data-phase=talking]");
  await by.choose("2", "o");
  await by.tomorrow();
  await by.hangUp();
  await me.sees("[data-phase=wrap_up]");
  await by.save(me.page);
  await next(me, about);
  assert.ok((await me.api(`/api/attempts/${attempt}`)).data.entry.call_again_at);

  await by.away();
  await me.sees("[data-phase=away]");
  await by.back();
  await me.sees("[data-phase=idle]");
  await me.sees("section[data-case]");

  if (house.server.incoming) await comesIn(me, by, house);

  await by.byHand();
  await me.page.waitForURL("**/by-hand*");
  await by.leaveByHand();
  await me.sees("section[data-case]");
}

async function comesIn(me, by, house) {
  const caller = spawn(binary, ["lab", "call", "--to", house.server.incoming, "--from", "0300009876", "--seconds", "60"], { stdio: "ignore" });
  const left = new Promise((resolve) => caller.once("exit", resolve));
  try {
    await me.sees("[data-phase=talking]"); // the handset answers it
    await by.kind();
    await by.choose("1", "i");
    await by.hangUp();
    await me.sees("[data-phase=wrap_up]");
    await by.save(me.page);
    await me.sees("[data-phase=idle]");
  } finally {
    caller.kill();
    await left;
  }
}

const keyboard = (me) => ({
  find: async (about) => {
    await me.press("/");
    await me.page.keyboard.type(about.ward_number);
    await me.sees(`tr[data-case="${about.id}"]`);
    await me.press("Enter");
  },
  read: () => me.press("k"),
  dial: () => me.press("Enter"),
  machine: () => me.press("F7"),
  correct: () => me.press("z"),
  choose: (...keys) => me.press(...keys),
  save: () => me.press("Enter"),
  hold: () => me.press("8"),
  identify: (...nth) => me.press(...nth.map((n) => `Shift+Digit${n}`)),
  hangUp: () => me.press("h"),
  tomorrow: () => me.press("v"),
  away: () => me.press("b", "1"),
  back: () => me.press("Enter"),
  kind: () => me.press("]"),
  byHand: () => me.press("m"),
  leaveByHand: async () => {
    await me.page.getByRole("link", { name: "架電", exact: true }).focus();
    await me.press("Enter");
  },
});

const mouse = (me) => {
  const phone = me.page.locator("section[data-phase]");
  const click = (where) => where.click();
  return {
    find: async (about) => {
      await click(me.page.getByRole("button", { name: "案件を探す" }));
      await me.page.getByRole("dialog").getByRole("textbox").fill(about.ward_number);
      await click(me.page.locator(`tr[data-case="${about.id}"]`).getByRole("button"));
    },
    read: () => click(me.page.locator("[data-history-check]")),
    dial: () => click(phone.getByRole("button", { name: "発信" })),
    machine: () => click(phone.getByRole("button", { name: "留守電で終了" })),
    correct: () => click(me.page.locator("p[data-attempt]").getByRole("button", { name: "訂正" })),
    choose: async (...keys) => {
      const form = me.page.locator("form[aria-label='通話の結果']").last();
      for (const key of keys) await click(form.locator(`button[aria-keyshortcuts="${key.toUpperCase()}"]`));
    },
    save: (where) => click(where.locator("form[aria-label='通話の結果'] button[type=submit]").last()),
    hold: (on) => click(me.page.getByRole("button", { name: on ? "保留" : "保留解除", exact: true }).first()),
    identify: async (...nth) => {
      for (const n of nth) await click(me.page.locator(`button[aria-keyshortcuts="Shift+${n}"]`));
    },
    hangUp: () => click(phone.getByRole("button", { name: "終話", exact: true })),
    tomorrow: () => click(me.page.locator("[data-propose=call_again]")),
    away: async () => {
      await click(me.page.getByRole("button", { name: "離席", exact: true }));
      await click(me.page.locator("[data-away-reasons]").getByRole("button", { name: "休憩" }));
    },
    back: () => click(me.page.getByRole("button", { name: "業務に戻る" })),
    kind: () => click(me.page.locator("button[data-kind=inquiry]")),
    byHand: () => click(me.page.getByRole("link", { name: "手動記録" })),
    leaveByHand: () => click(me.page.getByRole("link", { name: "架電", exact: true })),
  };
};

/** Puts a case on the desk and waits until it may be dialled. */
async function bring(me, by, about) {
  await me.until("the desk to be idle", async () => (await me.phase()) === "idle");
  if ((await me.shownCase().catch(() => null)) !== about.id) {
    await by.find(about);
    await me.sees(`section[data-case="${about.id}"]`);
    await me.page.getByRole("dialog").waitFor({ state: "hidden" });
  }
  await me.until("the button", () => me.page.locator("button[aria-keyshortcuts=Enter]:not([aria-disabled])").count());
  await me.page.waitForTimeout(500);
  return about;
}

async function dialled(me, by) {
  const [answer] = await Promise.all([me.page.waitForResponse((r) => r.url().endsWith("/api/calls") && r.request().method() === "POST"), by.dial()]);
  assert.equal(answer.status(), 202);
  return (await answer.json()).attempt_id;
}

const next = (me, about) => me.until("the next case", async () => ![null, about.id].includes(await me.shownCase().catch(() => null)));

