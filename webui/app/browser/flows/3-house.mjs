import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { Person } from "../person.mjs";
import { binary } from "../server.mjs";

export default [
  ["the supervisor's screens: board, attempt, queue, case, search", async (house) => {
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/board");
    await supervisor.sees("[data-figure=month]");
    await supervisor.sees("canvas");
    await supervisor.sees("li[data-trunk=lab][data-state=up]");
    await supervisor.accessible("the board");
    await supervisor.picture("board");
    await supervisor.page.locator("tr[data-attempt]").first().click();
    await supervisor.page.getByText("通信の記録").waitFor();
    await supervisor.sees("[data-leg=customer]");
    await supervisor.accessible("an attempt");
    await supervisor.picture("attempt");
    await supervisor.page.getByRole("button", { name: "SIPの記録を見る" }).click();
    const invite = supervisor.page.locator("[data-trace] li[data-leg=customer]").filter({ hasText: "INVITE" }).first();
    await invite.getByRole("button").click();
    await invite.getByText("Call-ID:").waitFor();
    await invite.scrollIntoViewIfNeeded();
    await supervisor.accessible("the SIP messages of an attempt");
    await supervisor.picture("attempt-trace");
    await supervisor.press("Escape");
    await supervisor.go("/queue");
    await supervisor.sees("tr[data-case]");
    await supervisor.accessible("the queue");
    await supervisor.picture("queue");
    await supervisor.page.locator("tr[data-case] a").first().click();
    await supervisor.sees("section[data-case]");
    await supervisor.accessible("a case");
    await supervisor.picture("case");
    await supervisor.go("/cases");
    const { items } = (await supervisor.api("/api/queue?limit=1")).data;
    await supervisor.page.getByLabel("案件を探す").fill(items[0].ward_number);
    await supervisor.sees(`tr[data-case="${items[0].case_id}"]`);
    await supervisor.accessible("the search");
    await supervisor.go("/attempts");
    await supervisor.sees("tr[data-attempt]");
    await supervisor.accessible("the attempts");
    await supervisor.picture("attempts");
    await supervisor.leave();
  }],

  ["a case that a supervisor pins comes next, and says why; one that is held does not come", async (house) => {
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/queue");
    const rows = supervisor.page.locator("tr[data-case]");
    await rows.nth(9).waitFor();
    // Not from the head of the line, where the desks take their cases.
    const pinned = await rows.nth(8).getAttribute("data-case");
    const held = await rows.nth(9).getAttribute("data-case");
    const order = async (id, act, reason) => {
      await supervisor.page.locator(`tr[data-case="${id}"]`).getByRole("button", { name: "指示" }).click();
      const form = supervisor.page.getByRole("dialog");
      await form.getByText(act, { exact: true }).first().click();
      await form.getByLabel("理由").fill(reason);
      if (act === "先頭に固定") {
        await supervisor.accessible("an order on a case");
        await supervisor.picture("order");
      }
      await form.getByRole("button", { name: act }).click();
      await form.waitFor({ state: "detached" });
    };
    await order(held, "保留", "区の確認待ちのため");
    await supervisor.page.locator(`tr[data-case="${held}"]`).waitFor({ state: "detached" });
    await order(pinned, "先頭に固定", "区の依頼のため");
    const first = async () => (await supervisor.api("/api/queue?limit=500")).data;
    await supervisor.until("the pinned case at the head of what is free", async () => {
      const { items } = await first();
      return items.find((item) => !item.desk)?.case_id === pinned;
    });
    const { held: back, held_back: why } = await first();
    assert.match(back.find((item) => item.case_id === held).why, /区の確認待ちのため/);
    assert.ok(why.some((w) => w.why.ja === "保留中" && w.count >= 1), JSON.stringify(why));

    const operator = await Person.come(house, "operator2");
    await operator.atDesk();
    if ((await operator.shownCase()) !== pinned) {
      await operator.press("s");
      await operator.until("the pinned case comes next", async () => (await operator.shownCase()) === pinned);
    }
    await operator.page.getByText("区の依頼のため").waitFor();
    await operator.accessible("the pinned case at the desk");
    await operator.leave();

    await supervisor.page.getByText("保留", { exact: false }).first().waitFor();
    await supervisor.page.locator("label").filter({ hasText: /^保留/ }).click();
    await order(held, "再開", "確認が済んだため");
    await supervisor.until("the case waits again", async () => (await first()).items.some((item) => item.case_id === held));
    await supervisor.accessible("the queue with what is held back");
    await supervisor.leave();
  }],

  ["a list: looked at first, nothing changes until it is applied", async (house) => {
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/lists");
    await supervisor.accessible("the lists");
    const csv = execFileSync(binary, ["sample", "--cases", "30", "--seed", "99"], { maxBuffer: 1 << 26 });
    const wardNumber = /"?(\d{10})"?,/.exec(new TextDecoder("shift_jis").decode(csv).split(/\r?\n/)[1])[1];
    const lead = (await supervisor.api("/api/cases/search", "POST", { q: wardNumber })).data.items[0].case_id;
    const lookedAt = async () => {
      const { name, balances } = (await supervisor.api(`/api/cases/${lead}`)).data.case;
      return JSON.stringify({ name, balances });
    };
    const before = await lookedAt();
    await supervisor.page.setInputFiles("input[type=file]", { name: "list.csv", mimeType: "text/csv", buffer: csv });
    await supervisor.page.getByText("確認待ち").waitFor();
    await supervisor.accessible("a list's preview");
    await supervisor.picture("list-preview");
    assert.equal(await lookedAt(), before, "looking at a list changed a case");
    await supervisor.page.getByRole("button", { name: "件を反映する" }).click();
    await supervisor.page.getByText("反映済み").waitFor();
    assert.notEqual(await lookedAt(), before, "the list was not applied");
    await supervisor.page.getByRole("button", { name: "別のリストを読み込む" }).click();

    await supervisor.page.setInputFiles("input[type=file]", { name: "odd.csv", mimeType: "text/csv", buffer: Buffer.from("a,b\n1,2\n") });
    await supervisor.until("a list that is none to be refused", async () =>
      (await supervisor.page.getByText("失敗").count()) + (await supervisor.page.locator("[role=alert]:visible").count()) > 0,
    );
    await supervisor.picture("list-refused");
    await supervisor.page.getByRole("button", { name: "別のリストを読み込む" }).click();
    await supervisor.leave();
  }],

  ["a list whose columns have names of their own: assigned once, known the next time, with what it changes", async (house) => {
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/lists");
    const lines = ["番号,お名前,住まい,連絡先,種別,期,金額,区分"];
    for (const [i, family] of ["試山", "試山", "控田"].entries()) {
      lines.push(`${7900000 + i},${family} 一花${"あいう"[i]},見本県見本市東見本町1丁目2番3号,03-0000-9${i}41,国保,令和8年度 第2期,1${i}000,見本`);
    }
    const file = { name: "own.csv", mimeType: "text/csv", buffer: Buffer.from(lines.join("\r\n") + "\r\n") };
    await supervisor.page.setInputFiles("input[type=file]", file);
    await supervisor.sees("[data-columns]");
    const assign = async (column, field) => {
      await supervisor.page.getByLabel(`「${column}」の項目`).first().click();
      await supervisor.page.getByRole("option", { name: field }).first().click();
    };
    for (const [column, field] of [
      ["番号", "宛名番号(必須)"], ["お名前", "氏名(必須)"], ["住まい", "住所"], ["連絡先", "電話番号1(必須)"], ["種別", "保険区分(必須)"], ["期", "期別(必須)"], ["金額", "滞納額(必須)"],
    ]) {
      await assign(column, field);
    }
    await supervisor.page.getByLabel("取込元の名前").fill("見本課の一覧");
    await assign("区分", "氏名(必須)"); // one field twice is said of its column
    await supervisor.page.getByRole("button", { name: "対応を保存して読み込む" }).click();
    await supervisor.page.getByText("どちらも「氏名」になっています").waitFor();
    await assign("区分", "見本");
    await supervisor.accessible("the columns of a list");
    await supervisor.picture("list-columns");
    await supervisor.page.getByRole("button", { name: "対応を保存して読み込む" }).click();
    await supervisor.page.getByText("取込元: 見本課の一覧").waitFor(); // it was read again by itself
    await supervisor.page.locator("[data-finding=household]").getByRole("button", { name: "一覧" }).click();
    await supervisor.sees("[data-found=household] tbody tr");
    await supervisor.accessible("what a list changes");
    await supervisor.picture("list-findings");
    await supervisor.page.getByRole("button", { name: "破棄する" }).click();
    await supervisor.sees("[data-sources]");
    await supervisor.go("/queue");
    await supervisor.page.getByRole("radiogroup").getByText("言語", { exact: true }).click();
    await supervisor.sees("[data-languages=people]");
    await supervisor.accessible("the languages");
    await supervisor.picture("languages");
    await supervisor.leave();
  }],

  ["the language changes everywhere at once and stays; dark is as readable as light", async (house) => {
    const operator = await Person.come(house, "operator1");
    await operator.atDesk();
    const speak = async (button, language) => {
      await operator.page.getByRole("button", { name: button }).click();
      await operator.page.getByRole("menuitem", { name: language }).click();
    };
    await speak("言語", "English");
    await operator.page.getByRole("button", { name: "Dial" }).waitFor();
    await operator.page.reload();
    await operator.page.getByRole("button", { name: "Dial" }).waitFor();
    assert.equal(await operator.page.evaluate(() => document.documentElement.lang), "en");
    await operator.page.getByLabel("Dark theme").click();
    await operator.accessible("the desk, dark, in English");
    await operator.picture("desk-dark-english");
    // Chinese and Vietnamese have the words of results; everything else stays in Japanese, and says so to who reads it aloud.
    await speak("Language", "中文");
    await operator.page.getByRole("button", { name: "発信" }).waitFor();
    assert.equal(await operator.page.evaluate(() => document.documentElement.lang), "ja");
    const late = operator.page.getByRole("list", { name: "この席の最近の架電" });
    if (await late.getByRole("listitem").count()) await late.getByText(/接通|无人接听|占线|空号|取消/).first().waitFor();
    await operator.picture("desk-chinese");
    await speak("言語", "日本語");
    await operator.press("?");
    await operator.page.getByText("自動で発信することはありません").waitFor();
    await operator.accessible("the keys");
    await operator.picture("keys");
    await operator.press("Escape");
    await operator.leave();
  }],

  ["a lost connection is said at once, stops the dial button, and resumes without a gap", async (house) => {
    const operator = await Person.come(house, "operator1");
    await operator.atDesk();
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/board");
    await supervisor.context.setOffline(true);
    await supervisor.page.getByText("サーバーとの接続が切れました").waitFor();
    await operator.context.setOffline(true);
    await operator.sees("button[aria-keyshortcuts=Enter][aria-disabled=true]");
    await operator.page.getByText("接続が切れているため発信できません").first().waitFor();
    await operator.press("Enter");
    assert.equal(await operator.phase(), "idle");
    await operator.picture("desk-lost");
    await operator.accessible("the desk without a connection");
    await operator.press("?"); // a part that was never loaded: the desk stays, and the keys come with the connection
    await operator.page.waitForTimeout(300);
    await operator.sees("section[data-case]");
    await operator.context.setOffline(false);
    await operator.page.getByRole("dialog", { name: "キー操作の一覧" }).waitFor();
    await operator.press("Escape");
    await operator.page.getByRole("dialog").waitFor({ state: "hidden" });
    await operator.sees("[data-link=live]");
    await operator.page.waitForTimeout(500);
    const attempt = await operator.dial();
    await supervisor.context.setOffline(false);
    await supervisor.sees("[data-link=live]");
    await supervisor.until("what was missed", async () =>
      (await supervisor.page.locator(`tr[data-attempt="${attempt}"], [data-desk=desk1][data-doing^=calling], [data-desk=desk1][data-doing=talking]`).count()) > 0,
    );
    await operator.until("the call to be over", async () => {
      const phase = await operator.phase();
      if (phase === "talking") await operator.press("h");
      if (phase === "wrap_up") await operator.press("4", "Enter");
      return phase === "idle" && (await operator.api(`/api/attempts/${attempt}`)).data.ended_at;
    });
    await operator.leave();
    await supervisor.leave();
  }],

  ["a screen that cannot be drawn says so in place; what is around it goes on", async (house) => {
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/board");
    await supervisor.page.route("**/api/queue?*", (route) => route.fulfill({ json: { items: 1 } }));
    await supervisor.page.getByRole("link", { name: "架電順" }).click();
    await supervisor.page.getByText("この画面を表示できませんでした").waitFor();
    await supervisor.sees("[data-link=live]");
    await supervisor.picture("screen-broken");
    await supervisor.accessible("a screen that cannot be drawn");
    await supervisor.page.unroute("**/api/queue?*");
    await supervisor.page.getByRole("button", { name: "読み込み直す" }).click();
    await supervisor.sees("tr[data-case]");
    supervisor.faults = []; // they were made here
    await supervisor.leave();
  }],

  ["the session ends elsewhere: the sign-in comes up by itself, and leads back to the same screen", async (house) => {
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/queue");
    await supervisor.sees("tr[data-case]");
    assert.equal((await supervisor.api("/api/session", "DELETE")).status, 204);
    await supervisor.page.getByLabel("ログイン名").waitFor();
    assert.equal(await supervisor.page.locator("tr[data-case]").count(), 0, "a case is still shown");
    await supervisor.page.getByLabel("ログイン名").fill("supervisor");
    await supervisor.page.getByLabel("パスワード", { exact: true }).fill(house.server.logins.supervisor);
    await supervisor.press("Enter");
    await supervisor.sees("tr[data-case]");
    await supervisor.leave();
  }],

  ["the server is restarted: the panel comes back by itself, still signed in", async (house) => {
    if (!house.server.restart) return;
    const operator = await Person.come(house, "operator1");
    await operator.atDesk();
    const restarted = house.server.restart();
    await operator.page.getByText("サーバーとの接続が切れました").waitFor();
    await restarted;
    await operator.sees("[data-link=live]");
    await operator.until("a desk or a seat", () => operator.page.locator("section[data-case], button:has-text('着席する')").count());
    await operator.leave();
  }],
];
