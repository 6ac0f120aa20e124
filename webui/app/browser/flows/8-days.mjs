import assert from "node:assert/strict";
import { casesByEnding, Person } from "../person.mjs";
import { byKeys, byMouse } from "../hands.mjs";

// The days of supervisor, ward and administrator, by keyboard alone or by mouse alone (the operator's: 2-whole-day.mjs). The day's
// close is a flow of its own.
const days = [
  ["supervisor", "監督", supervisorsDay],
  ["ward", "区職員", wardsDay],
  ["admin", "管理者", adminsDay],
];

export default days.flatMap(([login, name, day]) =>
  [byKeys, byMouse].map((hands) => [
    `the ${login}'s whole day by ${hands === byKeys ? "keyboard" : "mouse"} alone`,
    async (house) => {
      const ready = await prepare(house, login);
      const me = await Person.come(house, login);
      const by = hands(me);
      await signIn(me, by);
      await day(me, by, ready, house);
      await by.press(me.page.locator("button", { hasText: name }).last());
      await by.press(me.page.getByRole("menuitem", { name: "サインアウト" }));
      await me.page.getByLabel("ログイン名").waitFor();
      await me.leave();
    },
  ]),
);

/** What others have done before: a call with a complaint and a wish for instalments; for the administrator, who rings desk2, that nobody sits there any more. */
async function prepare(house, login) {
  const supervisor = await Person.come(house, "supervisor");
  await supervisor.signIn("/board");
  if (login === "admin") {
    const empty = async () => (await supervisor.api("/api/desks")).data.desks.find((d) => d.id === "desk2").state === "empty";
    if (!(await empty())) assert.equal((await supervisor.api("/api/desks/desk2/clear", "POST", { reason: "退勤済み" })).status, 200);
    await supervisor.until("desk2 to be empty", empty);
    await supervisor.leave();
    return {};
  }
  const operator = await Person.come(house, "operator1");
  await operator.atDesk();
  const about = (await casesByEnding(supervisor, house.taken))("50");
  await operator.present(about);
  const attempt = await operator.dial();
  await operator.sees("[data-phase=talking]");
  await operator.press("h");
  await operator.sees("[data-phase=wrap_up]");
  const result = { party: "self", business_results: ["instalments", "complaint"], note: "分割の希望" };
  const put = await operator.api(`/api/attempts/${attempt}/result`, "PUT", result);
  assert.equal(put.status, 200, JSON.stringify(put.data));
  await operator.until("the desk to be idle", async () => (await operator.phase()) === "idle");
  const { desk } = (await operator.api("/api/session")).data; // what other flows have left free
  // The next case is just being put there: the desk is busy for a moment.
  if (login !== "supervisor") await operator.until("the seat to be left", async () => (await operator.api(`/api/desks/${desk}/leave`, "POST")).status === 200);
  await operator.leave();
  await supervisor.leave();
  return { about, attempt, desk };
}

async function signIn(me, by) {
  await me.go("/");
  await by.type(me.page.getByLabel("ログイン名"), me.login);
  await by.type(me.page.getByLabel("パスワード", { exact: true }), me.house.server.logins[me.login]);
  await by.press(me.page.locator("form button[type=submit]"));
  await me.page.locator("[data-link=live]").waitFor();
}

const door = (me, name) => me.page.getByRole("navigation", { name: "画面の切替" }).getByRole("link", { name, exact: true });

/** Goes to a screen by its door, and waits for its heading. */
async function enter(me, by, name, heading = name) {
  await by.press(door(me, name));
  await me.page.getByRole("heading", { level: 1, name: heading }).waitFor();
}

/** Closes what stands over the screen, the uppermost first. */
async function closeAll(me, by) {
  for (let n = 0; n < 3 && (await me.page.getByRole("dialog").count()); n++) await by.close();
  assert.equal(await me.page.getByRole("dialog").count(), 0, "a dialog is still open");
}

async function supervisorsDay(me, by, { attempt, desk }) {
  const { page } = me;
  await enter(me, by, "ボード", /./);
  // An alert is seen.
  const alert = page.locator("[data-alert=complaint]").first();
  await alert.waitFor();
  const alerts = await page.locator("[data-alert=complaint]").count();
  await by.press(alert.getByRole("button", { name: "確認" }));
  await me.until("one alert fewer", async () => (await page.locator("[data-alert=complaint]").count()) < alerts);
  // A desk is paused and released.
  const card = page.locator(`[data-desk=${desk}]`);
  await by.press(card.getByRole("button", { name: "指示…" }));
  await by.type(page.getByRole("dialog").getByLabel("理由"), "打合せ");
  await by.press(page.getByRole("dialog").getByRole("button", { name: "一時停止", exact: true }));
  await card.getByText("打合せ").waitFor();
  await by.press(card.getByRole("button", { name: "一時停止を解除" }));
  await card.getByText("打合せ").waitFor({ state: "detached" });
  // The seat is signed off, so that nobody finds it taken.
  await by.press(card.getByRole("button", { name: "指示…" }));
  await by.choose(page.getByRole("dialog").getByRole("radio", { name: "席を空ける" }));
  await by.type(page.getByRole("dialog").getByLabel("理由"), "退勤済み");
  await by.press(page.getByRole("dialog").getByRole("button", { name: "席を空ける" }));
  await me.until("the seat to be empty", async () => (await me.api("/api/desks")).data.desks.find((d) => d.id === desk).state === "empty");
  // A look at the line.
  await enter(me, by, "架電順");
  await page.locator("table tbody tr").first().waitFor();
  await by.choose(page.getByRole("radio", { name: /保留/ }));
  // The day's report, down to one call, whose party was another.
  await enter(me, by, "報告書");
  await me.sees("[data-report]");
  await by.press(page.locator('[data-cell="attempts/total/self"]').getByRole("button"));
  await by.press(page.locator(`[data-call="${attempt}"] button`));
  await me.sees(`[data-attempt="${attempt}"]`);
  await by.press(page.getByRole("button", { name: "結果を訂正" }));
  const form = page.getByRole("dialog", { name: "結果の登録・訂正" });
  await form.waitFor();
  await by.press(form.locator("button[aria-keyshortcuts='2']"));
  await by.press(form.locator("button[type=submit]"));
  await form.waitFor({ state: "hidden" });
  assert.equal((await me.api(`/api/attempts/${attempt}`)).data.entry.party, "family");
  await closeAll(me, by);
  // A look at a hand-off.
  await enter(me, by, "引継ぎ");
  await by.press(page.getByRole("button", { name: "分割希望" }));
  await page.getByRole("dialog").getByLabel("内容").waitFor();
  await closeAll(me, by);
}

async function wardsDay(me, by, { attempt }) {
  const { page } = me;
  // What waits is answered.
  await enter(me, by, "引継ぎ");
  const waiting = page.locator("tr[data-handoff][data-state=open]");
  await waiting.first().waitFor();
  const id = await waiting.first().getAttribute("data-handoff");
  await by.press(page.locator(`tr[data-handoff="${id}"]`).getByRole("button"));
  const drawer = page.getByRole("dialog");
  await by.press(drawer.getByRole("button", { name: "確認した" }));
  await by.type(drawer.getByLabel("内容"), "窓口で相談をお受けします。");
  await by.press(drawer.getByRole("button", { name: "回答する" }));
  await drawer.getByText("窓口で相談をお受けします。").waitFor();
  await closeAll(me, by);
  // The report, down to one call.
  await enter(me, by, "報告書");
  await me.sees("[data-report]");
  await by.press(page.locator('[data-cell="attempts/total/self"], [data-cell="attempts/total/family"]').getByRole("button"));
  await page.locator("[data-call] button").first().waitFor();
  await by.press(page.locator("[data-call] button"));
  await me.sees("[data-attempt]");
  await closeAll(me, by);
  // Who saw what.
  await enter(me, by, "監査");
  await me.sees("[data-audit-entries]");
  await by.press(page.getByRole("button", { name: "探す" }));
  await page.locator("[data-audit-entries] tbody tr").first().waitFor();
  // The target of the month is looked at, set, and set back.
  await enter(me, by, "目標");
  const month = page.locator("[data-standing='calls month']");
  await month.waitFor();
  await by.type(page.getByLabel("件数", { exact: true }), "5100");
  await by.type(page.getByLabel("区の誰の、どのような指示か"), "収納係の指示");
  await by.press(page.getByRole("button", { name: "目標を記録する" }));
  await me.until("the new target", async () => /5,100/.test(await month.innerText()));
  await by.choose(page.getByLabel("契約どおりに戻す"));
  await by.type(page.getByLabel("区の誰の、どのような指示か"), "契約どおりに戻す");
  await by.press(page.getByRole("button", { name: "目標を記録する" }));
  await me.until("the contract's target", async () => /5,700/.test(await month.innerText()));
  assert.ok(attempt);
}

async function adminsDay(me, by, _, house) {
  const { page } = me;
  const dialog = page.getByRole("dialog");
  const because = async (button) => {
    await by.type(page.getByLabel("変更の理由"), "区の指示");
    await by.press(button);
  };
  const change = page.getByRole("button", { name: "変更する", exact: true });
  const undo = async (name) => {
    await enter(me, by, "設定");
    await by.press(page.getByRole("tab", { name: "設定変更の記録" }));
    const top = page.locator("[data-change]").first();
    await me.until(`the change at the top of the record: ${name}`, async () => {
      const says = await top.innerText();
      return says.includes(name) && !/変更\d+を取消/.test(says);
    });
    const newest = Number(await top.getAttribute("data-change"));
    await by.press(page.getByRole("button", { name: `変更${newest}を元に戻す` }));
    await me.sees("[data-undo]");
    await because(page.locator("[data-undo] button[type=submit]"));
    await me.sees(`[data-change='${newest + 1}']`);
  };

  // The desks: one is renamed and rung.
  await enter(me, by, "席と電話");
  const desk = page.locator("[data-desk=desk2]");
  const old = await desk.getByRole("heading").innerText();
  await by.press(desk.getByRole("button", { name: /の名前を変える/ }));
  await by.type(dialog.getByLabel("新しい名前"), "窓側の席");
  await by.type(dialog.getByLabel("変更の理由"), "席替え");
  await me.picture(`desks-rename-${by.name}`);
  await by.press(dialog.getByRole("button", { name: "名前を変える" }));
  await desk.getByRole("heading", { name: "窓側の席" }).waitFor();
  if (by.name === "keyboard") await by.press(page.getByRole("button", { name: "暗い表示にする" })); // so that there is a picture of each
  await by.press(desk.getByRole("button", { name: "窓側の席を試験呼出" }));
  const before = (await me.api("/api/progress")).data.today.attempts;
  await by.press(dialog.getByRole("button", { name: "呼び出す", exact: true }));
  await me.sees("[data-test-call=done]");
  await me.sees("[data-finding=heard]");
  await me.sees("[data-finding=lifted]");
  await me.picture(`desks-test-${by.name}`);
  await by.choose(dialog.getByRole("radio", { name: "電話機が自動で応答する" }));
  await by.press(dialog.getByRole("button", { name: "もう一度呼び出す" }));
  await me.sees("[data-finding=answered_itself]");
  if (by.name === "mouse") await me.accessible("what a test call has shown"); // it moves the mouse
  assert.equal((await me.api("/api/progress")).data.today.attempts, before, "a test call was counted");
  await closeAll(me, by);
  if (by.name === "keyboard") await by.press(page.getByRole("button", { name: "明るい表示にする" }));
  await undo("席の名前");
  await enter(me, by, "席と電話");
  await desk.getByRole("heading", { name: old }).waitFor();

  // The lines.
  await enter(me, by, "回線");
  await me.sees("tr[data-trunk=lab][data-state=up]");
  await me.picture(`trunks-${by.name}`);

  // Somebody comes, and has their password set anew.
  const login = `shinjin-${by.name}`;
  await enter(me, by, "利用者");
  await by.press(page.getByRole("button", { name: "利用者を追加" }));
  await by.type(dialog.getByLabel("ログイン名"), login);
  await by.type(dialog.getByLabel("氏名"), `新人 ${by.name}`);
  await by.pick(dialog.getByRole("combobox", { name: "役割" }), "オペレーター");
  await by.type(dialog.getByLabel("パスワード", { exact: true }), "handed over on paper");
  await by.press(dialog.locator("button[type=submit]"));
  const row = page.locator("tr", { has: page.getByRole("cell", { name: login, exact: true }) });
  await row.waitFor();
  await by.press(row.getByRole("button", { name: /変更/ }));
  await by.type(dialog.getByLabel(/新しいパスワード/), "handed over once more");
  await by.press(dialog.locator("button[type=submit]"));
  await dialog.waitFor({ state: "hidden" });
  await by.choose(row.getByRole("switch"));
  await me.until("they may sign in no more", async () => (await me.api("/api/users")).data.items.find((u) => u.login === login).disabled);

  // A day of the calendar, and back.
  await enter(me, by, "カレンダー");
  await by.press(page.getByRole("button", { name: "次へ", exact: true }));
  const free = page.locator("[data-date][data-open=true]").last();
  const date = await free.getAttribute("data-date");
  await by.press(page.locator(`[data-date='${date}']`));
  await me.sees("[data-day-form]");
  await by.choose(page.locator("[data-day-form]").getByRole("radio", { name: "閉庁にする" }));
  await by.press(page.getByRole("button", { name: "確認へ進む" }));
  await me.sees("[data-confirm-change]");
  await because(change);
  await me.until("the day is closed", async () => (await page.locator(`[data-date='${date}']`).getAttribute("data-open")) === "false");
  await undo("閉庁");

  // The queue's rules, and back.
  await by.press(page.getByRole("tab", { name: "架電順のルール" }));
  await by.type(page.getByLabel("ルール(YAML)"), "caps:\n  per_day: 4\n");
  await by.press(page.getByRole("button", { name: "検査して確認へ進む" }));
  await me.sees("[data-effects]");
  await because(change);
  await me.sees("[data-versions]");
  await undo("架電順のルール");

  // How long data stays, and back.
  await by.press(page.getByRole("tab", { name: "設定値", exact: true }));
  const keep = page.locator("[data-setting='close.keep_days']");
  await by.type(keep.getByRole("textbox"), "3");
  await by.press(keep.getByRole("button"));
  await me.sees("[data-confirm-change]");
  await because(change);
  await keep.locator("[data-changed]").waitFor();
  await undo("個人情報を残す日数");
  assert.ok(house);
}
