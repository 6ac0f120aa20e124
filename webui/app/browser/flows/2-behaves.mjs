import assert from "node:assert/strict";
import { casesByEnding, pair, Person } from "../person.mjs";

const note = "息子と相談してから納付するとのこと。";

export default [
  ["behaves: what is typed outlives a lost connection and a restarted server; both are said at once", async (house) => {
    const { operator, supervisor, caseWith } = await sit(house);
    const about = caseWith("50");
    await operator.present(about);
    const attempt = await operator.dial();
    await operator.sees("[data-phase=talking]");
    await operator.press("2", "d", "n");
    await operator.page.keyboard.insertText(note);
    await operator.context.setOffline(true);
    await operator.page.getByText("サーバーとの接続が切れました").waitFor();
    await operator.page.keyboard.insertText("また連絡する。"); // in the middle of it
    await operator.picture("typing-lost");
    assert.equal(await operator.page.getByLabel("交渉経過").inputValue(), `${note}また連絡する。`);
    await operator.context.setOffline(false);
    await operator.sees("[data-link=live]");
    await operator.page.getByText("サーバーとの接続が切れました").waitFor({ state: "hidden" });
    assert.equal(await operator.phase(), "talking");
    assert.equal(await operator.page.getByLabel("交渉経過").inputValue(), `${note}また連絡する。`);
    await operator.press("Escape", "h");
    await operator.sees("[data-phase=wrap_up]");
    if (house.server.restart) {
      await operator.press("n", "Control+End");
      const restarted = house.server.restart();
      await operator.page.getByText("サーバーとの接続が切れました").waitFor();
      await operator.page.keyboard.insertText("以上。");
      await restarted;
      await operator.sees("[data-link=live]");
      await operator.sees("[data-phase=wrap_up]");
      assert.equal(await operator.page.getByLabel("交渉経過").inputValue(), `${note}また連絡する。以上。`);
    } else await operator.press("n");
    await operator.press("Control+Enter");
    await operator.until("the next case", async () => ![null, about.id].includes(await operator.shownCase().catch(() => null)));
    const { data } = await operator.api(`/api/attempts/${attempt}`);
    assert.ok(data.entry.note.startsWith(`${note}また連絡する。`), "what was typed is not what was recorded");
    // Nobody sits anywhere else after a restart than before it.
    assert.equal((await operator.api("/api/session")).data.desk, "desk1");
    await operator.leave();
    await supervisor.leave();
  }],

  ["behaves: on a slow network a button pressed twice dials once, and says that it waits", async (house) => {
    const { operator, supervisor, caseWith } = await sit(house);
    const about = caseWith("48");
    await operator.present(about);
    const slow = await operator.context.newCDPSession(operator.page);
    await slow.send("Network.emulateNetworkConditions", { offline: false, latency: 1_200, downloadThroughput: 40_000, uploadThroughput: 40_000 });
    const sent = [];
    operator.page.on("request", (r) => r.url().endsWith("/api/calls") && r.method() === "POST" && sent.push(r));
    const dial = operator.page.locator("[data-phase] button[aria-keyshortcuts=Enter]");
    // The live connection is not slowed down: it may say that the phone rings before the click's answer is here.
    await operator.page.evaluate(() => {
      new MutationObserver(() => {
        globalThis.waited ||= document.querySelector("[data-phase] button[data-loading]") !== null;
      }).observe(document.body, { subtree: true, childList: true, attributes: true });
    });
    await dial.dblclick();
    await operator.press("Enter", "Enter");
    await operator.sees("[data-phase=calling]");
    assert.ok(await operator.page.evaluate(() => globalThis.waited), "the button did not say that it waits");
    assert.equal(sent.length, 1, "it was dialled twice");
    await slow.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    await operator.press("Escape");
    await operator.sees("[data-phase=idle]");
    await operator.leave();
    await supervisor.leave();
  }],

  ["behaves: the session's end is told before, what is typed stays, and is saved after signing in again in place", async (house) => {
    const { operator, supervisor, caseWith } = await sit(house);
    const about = caseWith("50");
    await operator.present(about);
    const attempt = await operator.dial();
    await operator.sees("[data-phase=talking]");
    await operator.press("2", "d", "n");
    await operator.page.keyboard.insertText(note);
    await operator.press("Escape", "h");
    await operator.sees("[data-phase=wrap_up]");
    // The server would say so ten minutes before the end; here it says so now.
    await operator.page.route("**/api/session", async (route) => {
      if (route.request().method() !== "GET") return route.continue();
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...(await answer.json()), expires_at: new Date(Date.now() + 4 * 60_000).toISOString() } });
    });
    await operator.page.reload();
    await operator.sees("[data-expiry]");
    await operator.page.getByText("入力中の内容は残り").waitFor();
    await operator.sees("[data-phase=wrap_up]");
    await operator.picture("session-ends");
    await operator.accessible("a session that is about to end");
    await operator.page.unroute("**/api/session");
    assert.equal((await operator.api("/api/session", "DELETE")).status, 204); // it ends
    await operator.page.getByLabel("ログイン名").waitFor();
    assert.equal(await operator.page.getByText(note).count(), 0, "a note stands on the sign-in screen");
    await operator.page.getByLabel("ログイン名").fill("operator1");
    await operator.page.getByLabel("パスワード", { exact: true }).fill(house.server.logins.operator1);
    await operator.press("Enter");
    await operator.sees("[data-phase=wrap_up]");
    assert.equal(await operator.page.getByLabel("交渉経過").inputValue(), note);
    await operator.press("Enter");
    await operator.until("the next case", async () => ![null, about.id].includes(await operator.shownCase().catch(() => null)));
    assert.equal((await operator.api(`/api/attempts/${attempt}`)).data.entry.note, note);
    await operator.leave();
    await supervisor.leave();
  }],

  ["behaves: a seat that is taken over: the later one asks, the former is told by whom", async (house) => {
    const { operator, supervisor } = await sit(house);
    const other = await Person.come(house, "operator2");
    await other.signIn("/desk");
    await other.page.getByRole("button", { name: "席を引き継ぐ" }).click();
    await other.page.getByRole("dialog").getByText("引き継ぎますか").waitFor();
    await other.press("Enter");
    await other.sees("section[data-case]");
    await operator.sees("[data-seat-taken=desk1]");
    await operator.page.getByText("見本 花子さんが引き継ぎました").waitFor();
    await operator.picture("seat-taken");
    await operator.accessible("a seat that was taken over");
    await other.page.getByRole("button", { name: "見本 花子" }).click();
    await other.page.getByRole("menuitem", { name: "離れる" }).click();
    await other.leave();
    await operator.leave();
    await supervisor.leave();
  }],

  ["behaves: two screens of one person: the later one asks, the former is told; a reload and a duplicate ask as well as they should", async (house) => {
    const { operator, supervisor } = await sit(house);
    const second = await operator.page.context().newPage();
    await second.goto(`${house.server.url}/desk`);
    const asked = second.locator("[data-other-screen]");
    await asked.waitFor();
    await second.screenshot({ path: `${house.pictures}/other-screen.png`, animations: "disabled" });
    await operator.page.reload();
    await operator.sees("section[data-case]"); // the same screen as before
    await asked.waitFor();
    assert.ok(await second.getByRole("button", { name: "この画面で続ける" }).evaluate((e) => e === document.activeElement), "the answer has the focus");
    await second.keyboard.press("Enter");
    await second.locator("section[data-case]").waitFor();
    await operator.sees("[data-other-screen]");
    await operator.accessible("a desk that is open on another screen");
    // A duplicate of the tab has its word until it has asked around.
    const word = await second.evaluate(() => sessionStorage.getItem("kakeru.screen"));
    const third = await operator.page.context().newPage();
    await third.addInitScript((w) => sessionStorage.setItem("kakeru.screen", w), word);
    await third.goto(`${house.server.url}/desk`);
    await third.locator("[data-other-screen]").waitFor();
    await third.close();
    await second.close();
    await operator.page.bringToFront();
    await operator.page.getByRole("button", { name: "この画面で続ける" }).click();
    await operator.sees("section[data-case]");
    await operator.leave();
    await supervisor.leave();
  }],
];

async function sit(house) {
  const [operator, supervisor] = await pair(house);
  return { operator, supervisor, caseWith: await casesByEnding(supervisor, house.taken) };
}
