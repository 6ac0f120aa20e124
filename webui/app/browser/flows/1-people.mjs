import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { casesByEnding, Person } from "../person.mjs";

/** What an authenticator app shows for a secret (RFC 6238). */
function totp(secret, at = Date.now()) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((c) => letters.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const sum = createHmac("sha1", key).update(step).digest();
  const from = sum[19] & 15;
  return String((sum.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

async function fillIn(page, login, password) {
  await page.getByLabel("ログイン名").fill(login);
  await page.getByLabel("パスワード", { exact: true }).fill(password);
  await page.keyboard.press("Enter");
}

export default [
  ["people: a set password is changed at once, an app is added, its code is asked for, and the administrator resets it", async (house) => {
    const admin = await Person.come(house, "admin");
    await admin.signIn();
    const made = await admin.api("/api/users", "POST", { login: "keyholder", name: "鍵野 守", role: "ward", password: "handed over on paper" });
    assert.equal(made.status, 201, JSON.stringify(made.data));

    const ward = await Person.come(house, "keyholder");
    const { page } = ward;
    await ward.go("/");
    await fillIn(page, "keyholder", "handed over on paper");
    await page.getByRole("heading", { name: "パスワードの変更" }).waitFor();
    await ward.accessible("changing a password that was set");
    await ward.picture("people-must-change");
    let own = "すももも桃も もものうち 2026";
    await page.getByLabel("いまのパスワード").fill("handed over on paper");
    await page.getByLabel("新しいパスワード", { exact: true }).fill("short");
    await page.getByLabel("新しいパスワード(もう一度)").fill("short");
    await page.getByRole("button", { name: "パスワードを変更" }).click();
    await page.getByRole("alert").getByText("短すぎます").waitFor();
    await page.getByLabel("新しいパスワード", { exact: true }).fill(own);
    await page.getByLabel("新しいパスワード(もう一度)").fill(own);
    await page.getByRole("button", { name: "パスワードを変更" }).click();
    await ward.sees("[data-link=live]");

    await page.getByRole("button", { name: "鍵野 守" }).click();
    await page.getByRole("menuitem", { name: "アカウント" }).click();
    const factors = page.getByRole("region", { name: "二要素認証" });
    await factors.getByLabel("いまのパスワード").fill(own);
    await factors.getByRole("button", { name: "認証アプリを登録" }).click();
    const secret = await factors.locator("code").innerText();
    await page.getByAltText("認証アプリで読み取るQRコード").waitFor();
    await ward.accessible("adding an authenticator app");
    await ward.picture("people-app");
    await factors.getByLabel("確認コード").fill(totp(secret));
    await factors.getByRole("button", { name: "登録する" }).click();
    await factors.getByText("回復コードです").waitFor();
    const codes = await factors.getByRole("listitem").allInnerTexts();
    assert.equal(codes.length, 10);
    await ward.picture("people-codes");
    await factors.getByRole("button", { name: "保管しました" }).click();
    await factors.getByText("回復コード 残り10個").waitFor();
    await ward.accessible("the account");
    await ward.picture("people-account");

    // Whoever changes their own password stays where they are, whichever word comes first: that the old session is over, or the new one.
    for (let time = 1; time <= 4; time++) {
      const next = `${own} ${time}`;
      await page.getByRole("region", { name: "パスワード" }).getByLabel("いまのパスワード").fill(own);
      await page.getByLabel("新しいパスワード", { exact: true }).fill(next);
      await page.getByLabel("新しいパスワード(もう一度)").fill(next);
      const answered = page.waitForResponse((r) => r.url().endsWith("/api/session/password") && r.ok());
      await page.getByRole("button", { name: "パスワードを変更" }).click();
      await answered;
      own = next;
      await page.getByText("パスワードを変更しました").waitFor();
      await page.waitForTimeout(300); // the word that the old session is over has come by then
      await ward.sees("[data-link=live]");
      assert.equal(await page.getByLabel("ログイン名").count(), 0, "shown out by one's own change");
    }

    // The next time the code is asked for; that of the enrolment was used.
    await page.getByRole("button", { name: "鍵野 守" }).click();
    await page.getByRole("menuitem", { name: "サインアウト" }).click();
    await fillIn(page, "keyholder", own);
    await page.getByRole("heading", { name: "本人の確認" }).waitFor();
    assert.equal((await ward.api("/api/handoffs")).status, 401);
    await ward.accessible("the second factor");
    await ward.picture("people-second");
    await page.getByLabel("確認コード").fill("000000");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("コードが違います").waitFor();
    await page.getByLabel("確認コード").fill(codes[0]);
    await page.keyboard.press("Enter");
    await ward.sees("[data-link=live]");

    await admin.go("/users");
    await admin.page.getByRole("button", { name: "鍵野 守さんの二要素認証をリセット" }).waitFor();
    await admin.page.getByRole("region", { name: "サインイン中の人" }).getByRole("cell", { name: "鍵野 守" }).first().waitFor();
    await admin.accessible("users and their sessions");
    await admin.picture("people-users");
    await admin.page.getByRole("button", { name: "鍵野 守さんの二要素認証をリセット" }).click();
    const question = admin.page.getByRole("dialog");
    await question.getByText("本人を確かめましたか").waitFor();
    await admin.accessible("asking before a reset");
    await admin.picture("people-reset");
    await question.getByRole("button", { name: "リセット" }).click();
    await page.getByLabel("ログイン名").waitFor(); // the session is over, and the screen says so by itself
    await ward.leave();
    await admin.leave();
  }],

  ["people: a passkey is made, asked for, and opens the door", async (house) => {
    const server = { ...house.server, url: house.server.url.replace("127.0.0.1", "localhost") };
    const person = await Person.come({ ...house, server }, "operator2");
    const { page } = person;
    const cdp = await person.context.newCDPSession(page);
    await cdp.send("WebAuthn.enable");
    await cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    });
    await person.signIn();
    await person.go("/account");
    const factors = page.getByRole("region", { name: "二要素認証" });
    await factors.getByLabel("いまのパスワード").fill(house.server.logins.operator2);
    await factors.getByLabel("パスキーの名前").fill("窓口の端末");
    await factors.getByRole("button", { name: "パスキーを登録" }).click();
    await factors.getByRole("button", { name: "保管しました" }).click();
    await factors.getByText("パスキー「窓口の端末」").waitFor();
    await person.picture("people-passkey");

    // The lock is lifted by it too.
    assert.equal((await person.api("/api/session/lock", "POST")).status, 204);
    await page.reload();
    await page.getByRole("heading", { name: "画面ロック中" }).waitFor();
    await person.accessible("the lock, with a passkey");
    await person.picture("people-locked-passkey");
    await page.getByRole("button", { name: "パスキーで解除" }).click();
    await person.sees("[data-link=live]");

    await person.api("/api/session", "DELETE");
    await person.go("/");
    await fillIn(page, "operator2", house.server.logins.operator2);
    await page.getByRole("button", { name: "パスキーを使う" }).click();
    await person.sees("[data-link=live]");

    await person.go("/account"); // and away with it: the other flows sign in with the password alone
    await factors.getByLabel("いまのパスワード").fill(house.server.logins.operator2);
    await factors.getByRole("button", { name: "解除" }).click();
    await factors.getByText("パスキー「窓口の端末」").waitFor({ state: "detached" });
    await person.leave();
  }],

  ["people: nobody touches the screen, it is masked, and the password brings it back", async (house) => {
    const person = await Person.come(house, "supervisor");
    const { page } = person;
    await page.clock.install();
    await person.signIn("/queue");
    await page.locator("main table tbody tr").first().waitFor();
    await page.clock.fastForward(31 * 60_000);
    await page.getByRole("heading", { name: "画面ロック中" }).waitFor();
    assert.equal(await page.locator("table").count(), 0, "a list stands behind the lock");
    assert.equal((await person.api("/api/queue?limit=5")).status, 403);
    await page.reload();
    await page.getByRole("heading", { name: "画面ロック中" }).waitFor();
    await person.accessible("the lock");
    await person.picture("people-locked");
    await page.getByLabel("パスワード", { exact: true }).fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("パスワードが違います").waitFor();
    await page.getByLabel("パスワード", { exact: true }).fill(house.server.logins.supervisor);
    await page.keyboard.press("Enter");
    await page.locator("main table tbody tr").first().waitFor();
    await person.leave();
  }],

  ["people: who works in one window is not masked by another; a machine that slept is, whatever wakes it", async (house) => {
    const person = await Person.come(house, "supervisor");
    const { page, context } = person;
    await context.clock.install();
    await person.signIn("/queue");
    const other = await context.newPage();
    await other.goto(new URL("/board", page.url()).href);
    await other.locator("[data-link=live]").waitFor();
    const masked = (tab) => tab.getByRole("heading", { name: "画面ロック中" });
    for (let minutes = 0; minutes < 40; minutes += 8) {
      await page.mouse.move(200 + minutes, 200);
      await other.waitForTimeout(100); // the word goes from one window to the other
      await context.clock.fastForward(8 * 60_000);
    }
    assert.equal((await masked(other).count()) + (await masked(page).count()), 0, "masked while somebody works beside it");
    await context.clock.setSystemTime(Date.now() + 10 * 3_600_000); // it has slept: no timer has run
    await page.mouse.move(300, 300);
    await masked(page).waitFor();
    await page.getByLabel("パスワード", { exact: true }).fill(house.server.logins.supervisor);
    await page.keyboard.press("Enter");
    await page.locator("main table tbody tr").first().waitFor();
    await person.leave();
  }],

  ["people: who signs out or locks while the server is away has done so, for every tab and whoever comes next", async (house) => {
    const person = await Person.come(house, "supervisor");
    const { page, context } = person;
    await person.signIn("/queue");
    const other = await context.newPage();
    await other.goto(new URL("/board", page.url()).href);
    await other.locator("[data-link=live]").waitFor();
    const away = async (yes) => (yes ? context.route("**/api/**", (route) => route.abort()) : context.unroute("**/api/**"));
    for (const [act, heading] of [["画面をロック", "画面ロック中"], ["サインアウト", null]]) {
      await away(true);
      await page.getByRole("region", { name: "設定" }).getByRole("button").last().click();
      await page.getByRole("menuitem", { name: act }).click();
      const shut = (tab) => (heading ? tab.getByRole("heading", { name: heading }) : tab.getByLabel("ログイン名")).waitFor();
      await shut(page);
      await shut(other);
      // Nothing of anybody comes back by a reload, neither while the server is away nor when it is there again.
      await page.reload();
      await page.getByRole("button", { name: "もう一度試す" }).waitFor();
      await away(false);
      await page.getByRole("button", { name: "もう一度試す" }).click();
      await shut(page);
      await other.reload();
      await shut(other);
      assert.equal((await person.api("/api/queue?limit=5")).status, heading ? 403 : 401);
      if (heading) {
        await page.getByLabel("パスワード", { exact: true }).fill(house.server.logins.supervisor);
        await page.keyboard.press("Enter");
        await page.locator("main table tbody tr").first().waitFor();
      }
    }
    await other.close();
    await person.leave();
  }],

  ["people: the screen is locked in a talk, which goes on, and can be ended from there", async (house) => {
    const boss = await Person.come(house, "supervisor");
    await boss.signIn("/queue");
    const voicemail = (await casesByEnding(boss))("44"); // which is silent until somebody hangs up
    const person = await Person.come(house, "operator1");
    const { page } = person;
    await person.atDesk();
    await person.present(voicemail);
    await person.dial();
    await person.sees("[data-phase=talking]"); // one that only rings would have no result to record
    assert.equal((await person.api("/api/session/lock", "POST")).status, 204);
    await page.reload();
    await page.getByRole("region", { name: "通話は続いています" }).waitFor();
    await person.accessible("the lock in a talk");
    await person.picture("people-locked-talk");
    await page.getByRole("button", { name: "切る" }).click();
    await page.getByRole("button", { name: "サインアウト" }).waitFor();
    await page.getByLabel("パスワード", { exact: true }).fill(house.server.logins.operator1);
    await page.keyboard.press("Enter");
    await person.sees("[data-phase=wrap_up]");
    await person.press("4", "Enter"); // the desk is free for the flows that follow
    await person.until("the desk to be idle", async () => (await person.phase()) === "idle");
    await person.leave();
    await boss.leave();
  }],
];
