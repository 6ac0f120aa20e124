import assert from "node:assert/strict";
import { Person } from "../person.mjs";

export default [
  ["the door: a demo says so, shows no password, and is the same to strangers and forgetful people", async (house) => {
    const guest = await Person.come(house, "nobody");
    await guest.go("/");
    await guest.page.getByText("はじめての方へ(デモ環境)").waitFor();
    const text = await guest.page.content();
    for (const password of Object.values(house.server.logins)) assert.ok(!text.includes(password), "a password stands in the page");
    await guest.accessible("the sign-in screen");
    await guest.picture("sign-in");
    const say = async (login, password) => {
      await guest.page.getByLabel("ログイン名").fill(login);
      await guest.page.getByLabel("パスワード", { exact: true }).fill(password);
      await guest.press("Enter");
      const said = await guest.page.getByRole("alert").filter({ hasText: "違います" }).innerText();
      await guest.go("/");
      return said;
    };
    assert.equal(await say("nobody", "wrong"), await say("operator1", "wrong"));
    await guest.leave();
  }],

  ["the doors: each role sees its own screens and no other", async (house) => {
    const doors = {
      operator1: ["架電", "案件", "引継ぎ", "番号入力", "手動記録"],
      supervisor: ["ボード", "架電", "架電順", "架電記録", "案件", "納付約束", "引継ぎ", "番号入力", "手動記録", "文面", "リスト取込", "目標", "報告書", "終業返却", "監査"],
      ward: ["確認待ち", "進捗", "引継ぎ", "納付約束", "架電記録", "文面", "リスト取込", "目標", "報告書", "終業返却", "監査"],
      admin: ["席と電話", "回線", "カレンダー", "設定", "利用者", "壁の画面", "リスト取込", "監査"],
    };
    for (const [login, names] of Object.entries(doors)) {
      const person = await Person.come(house, login);
      await person.signIn();
      const nav = person.page.getByRole("navigation");
      await nav.waitFor();
      assert.deepEqual((await nav.getByRole("link").allInnerTexts()).map((s) => s.trim()).slice(1), names, login);
      await person.go(login === "supervisor" ? "/users" : login === "admin" ? "/desk" : "/board");
      await person.page.getByText("この画面はありません").waitFor();
      await person.leave();
    }
  }],

  ["the ward sees the progress and no person; the administrator phones, lines and people", async (house) => {
    const ward = await Person.come(house, "ward");
    await ward.signIn("/progress");
    await ward.sees("[data-figure=month]");
    await ward.accessible("the ward's progress");
    await ward.picture("ward-progress");
    assert.equal((await ward.api("/api/queue")).status, 403);
    assert.equal((await ward.api("/api/trunks")).status, 403);
    await ward.go("/attempts");
    await ward.accessible("the ward's attempts");
    await ward.leave();

    const admin = await Person.come(house, "admin");
    await admin.signIn();
    await admin.page.getByText("desk1").waitFor();
    await admin.accessible("desks and phones");
    await admin.picture("admin-desks");
    await admin.go("/trunks");
    await admin.sees("tr[data-trunk=lab][data-state=up]");
    await admin.accessible("the lines");
    await admin.picture("admin-trunks");
    await admin.go("/users");
    await admin.page.getByRole("button", { name: "利用者を追加" }).click();
    await admin.page.getByRole("dialog").getByLabel("ログイン名").fill("trainee");
    await admin.page.getByRole("dialog").getByLabel("氏名").fill("見習 太郎");
    await admin.page.getByRole("dialog").getByLabel("パスワード", { exact: true }).fill("correct horse battery");
    await admin.press("Enter");
    await admin.page.getByRole("cell", { name: "trainee" }).waitFor();
    await admin.accessible("users");
    await admin.picture("admin-users");
    await admin.page.getByLabel("見習 太郎さんのサインインを許可").click({ force: true });
    await admin.until("the trainee to be locked out", async () =>
      (await admin.api("/api/users")).data.items.find((u) => u.login === "trainee").disabled,
    );
    await admin.leave();
  }],
];
