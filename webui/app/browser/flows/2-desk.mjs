import assert from "node:assert/strict";
import { casesByEnding, pair, Person } from "../person.mjs";

const words = { no_answer: "不在", busy: "話中", unallocated: "欠番", line_trouble: "回線異常" };
const unanswered = [
  ["40", "no_answer", true, (e) => e.event === "ring_limit" || e.event === "cancel_sent"],
  ["41", "busy", true, (e) => e.status === 486],
  ["42", "unallocated", true, (e) => e.status === 404 && e.cause === 1],
  ["46", "line_trouble", false, (e) => e.status === 503],
];

export default [
  ["nobody answers 40, 41, 42, 46: recorded, counted, next case, no keystroke; the board saw it", async (house) => {
    const [operator, supervisor] = await pair(house);
    const caseWith = await casesByEnding(supervisor, house.taken);
    for (const [ending, result, counts, proof] of unanswered) {
      const about = caseWith(ending);
      await operator.present(about);
      const before = await operator.countToday();
      const attempt = await operator.dial();
      // Only this one rings long enough for an eye; of the others the frames tell.
      if (ending === "40") await supervisor.sees('[data-desk="desk1"][data-doing="calling_customer"]');

      // From here on nothing is pressed.
      await operator.sees(`p[data-attempt="${attempt}"]`);
      assert.ok((await operator.page.locator(`p[data-attempt="${attempt}"]`).innerText()).includes(words[result]), `result of ${ending}`);
      await operator.until("the next case", async () => ![null, about.id].includes(await operator.shownCase().catch(() => null)));
      assert.equal(await operator.phase(), "idle");
      await operator.sees("button[aria-keyshortcuts=Enter]:not([aria-disabled])");

      const { data } = await operator.api(`/api/attempts/${attempt}`);
      assert.equal(data.result, result);
      assert.equal(data.counted, counts);
      assert.equal(data.case_id, about.id);
      assert.ok(data.why.length > 0 && data.ended_at);
      assert.ok(data.evidence.some((e) => e.leg === "customer" && e.event === "invite_sent"), "the INVITE is proven");
      assert.ok(data.evidence.some(proof), `evidence of ${ending}: ${JSON.stringify(data.evidence)}`);
      const after = before + (counts ? 1 : 0);
      assert.equal(await operator.countToday(), after, `count after ${ending}`);

      await supervisor.sees(`tr[data-attempt="${attempt}"]`);
      const states = supervisor.frames.filter((f) => f.type === "call" && f.data.id === attempt).map((f) => f.data.state);
      assert.deepEqual([...new Set(states)], ["calling_desk", "calling_customer", "ending", "ended"].filter((s) => states.includes(s)));
      assert.ok(states.includes("calling_customer") && states.at(-1) === "ended", `frames of ${ending}: ${states}`);
      assert.ok((await supervisor.page.locator(`tr[data-attempt="${attempt}"]`).innerText()).includes(words[result]));
      await supervisor.until("the board's count", async () =>
        (await supervisor.page.locator("[data-figure=today]").innerText()).replaceAll(",", "").startsWith(String(after)),
      );
    }
    await operator.page.getByText("回線 使用可").waitFor();
    await operator.accessible("the desk, ready");
    await operator.picture("desk-ready");
    await operator.leave();
    await supervisor.leave();
  }],

  ["a talk (05), its promise and its note, all by keyboard; typing outlives a reload", async (house) => {
    const [operator, supervisor] = await pair(house);
    const caseWith = await casesByEnding(supervisor, house.taken);
    const about = caseWith("05");
    await operator.present(about);
    await operator.press("k");
    await operator.sees("[data-history-check][aria-pressed=true]");
    const before = await operator.countToday();
    const attempt = await operator.dial();
    await operator.sees("[data-phase=calling], [data-phase=talking]");
    await operator.sees("[data-phase=talking], [data-phase=wrap_up]");
    await supervisor.sees('[data-desk="desk1"][data-doing="talking"], [data-desk="desk1"][data-doing="wrap_up"]');
    const debt = operator.page.getByRole("group", { name: "未納額" });
    assert.equal(await debt.count(), 0, "a debt that stands there before anybody was known");
    await operator.picture("desk-identity");
    await operator.press("Shift+Digit1", "Shift+Digit2");
    await debt.waitFor();
    assert.equal(await operator.page.locator('[aria-keyshortcuts="1"]').getAttribute("aria-pressed"), "true", "who is known is the person");
    await operator.press("2");
    await operator.page.getByText("本人以外の方です").waitFor();
    await debt.waitFor({ state: "hidden" });
    await operator.press("1");
    await debt.waitFor();
    await operator.press("y", "i", "n");
    await operator.page.keyboard.insertText("給料日のあとに納付するとのこと。");
    await operator.press("Escape");
    if ((await operator.phase()) === "talking") await operator.press("h");
    await operator.sees("[data-phase=wrap_up]");

    await operator.page.reload();
    await operator.sees("[data-phase=wrap_up]");
    assert.equal(await operator.page.getByLabel("交渉経過").inputValue(), "給料日のあとに納付するとのこと。");
    assert.equal(await operator.page.locator('[data-business="promise"]').getAttribute("aria-pressed"), "true");
    await operator.picture("desk-result");
    await operator.accessible("the result form");
    await fits(operator);

    await operator.press("m");
    await operator.page.keyboard.insertText("９９，９９９，９９９");
    await operator.press("Enter");
    await operator.sees('[data-field="amount"][aria-invalid=true]');
    await operator.page.keyboard.insertText("１，０００円");
    await operator.press("Control+Enter");

    await operator.until("the next case", async () => ![null, about.id].includes(await operator.shownCase().catch(() => null)));
    const { data } = await operator.api(`/api/attempts/${attempt}`);
    assert.equal(data.result, "answered");
    assert.equal(data.entry.party, "self");
    assert.deepEqual(data.entry.business_results, ["promise", "information"]);
    assert.equal(data.entry.promise.amount_yen, 1000);
    assert.match(data.entry.promise.due_on, /^\d{4}-\d{2}-\d{2}$/);
    assert.equal(data.entry.note, "給料日のあとに納付するとのこと。");
    assert.equal(await operator.countToday(), before + 1);
    assert.equal(await operator.page.evaluate(() => Object.keys(sessionStorage).filter((k) => k.startsWith("kakeru-draft")).length), 0);
    await supervisor.until("the promise on the board", async () =>
      (await supervisor.page.locator(`tr[data-attempt="${attempt}"]`).innerText()).includes("納付約束"),
    );
    assert.ok(data.quality.customer.in.mos >= 3.6, "how the customer sounded");
    assert.ok(data.quality.desk.in.loss_percent < 5, "what was lost of the operator's sound");
    await supervisor.page.locator(`tr[data-attempt="${attempt}"]`).click();
    await supervisor.page.getByText("通話品質").waitFor();
    assert.deepEqual(
      (await supervisor.api(`/api/attempts/${attempt}`)).data.disclosures.map((d) => d.shown),
      [true, false, true],
    );
    await supervisor.page.getByText("表示(確認: 氏名 / 生年月日)").first().waitFor();
    await supervisor.sees("table[data-grade] tr[data-way=customer_in]");
    await supervisor.accessible("an attempt's quality");
    await supervisor.picture("attempt-quality");
    house.talked = about;
    await operator.leave();
    await supervisor.leave();
  }],

  ["a number that was answered today is refused, and the sentence stands by the button", async (house) => {
    const [operator, supervisor] = await pair(house);
    await operator.present(house.talked);
    await operator.press("Enter");
    const said = operator.page.locator("[data-phase]").getByRole("alert");
    await said.waitFor();
    assert.ok((await said.innerText()).length > 10);
    assert.equal(await operator.phase(), "idle");
    await operator.picture("desk-refused");
    await operator.leave();
    await supervisor.leave();
  }],

  ["voicemail (44): one key says so; hang-up by Esc; Enter saves", async (house) => {
    const [operator, supervisor] = await pair(house);
    const caseWith = await casesByEnding(supervisor, house.taken);
    await operator.present(caseWith("44"));
    const before = await operator.countToday();
    const attempt = await operator.dial();
    await operator.sees("[data-phase=talking], [data-phase=wrap_up]");
    await operator.press("4");
    assert.equal(await operator.page.locator('[data-business="not_in"]').getAttribute("aria-pressed"), "true");
    assert.ok(await operator.page.locator('[data-business="promise"]').isDisabled());
    await operator.page.getByText(/^音質 (良好|普通|悪い) \d\.\d$/).waitFor();
    await operator.picture("desk-sound");
    await supervisor.page.locator("[data-desk=desk1]").getByText(/^音質 /).click();
    await supervisor.sees("[data-desk=desk1] tr[data-way=desk_in]");
    await supervisor.accessible("how a talk sounds");
    await supervisor.picture("board-sound");
    if ((await operator.phase()) === "talking") await operator.press("Escape");
    await operator.sees("[data-phase=wrap_up]");
    // The desks are read again, and the answer is old when it comes: the next case, of which a frame told, stands there all the same.
    const told = operator.frames.length;
    const old = (await operator.api("/api/desks")).data;
    const late = operator.page.waitForResponse("**/api/desks");
    await operator.page.route("**/api/desks", async (route) => {
      const next = ({ type, data }) => type === "desk" && data.id === "desk1" && data.state === "ready" && data.case_id;
      await operator.until("the next case", () => operator.frames.slice(told).some(next));
      await route.fulfill({ json: old });
    }, { times: 1 });
    await operator.press("Enter");
    await operator.sees("[data-phase=idle]");
    await (await late).finished();
    await operator.page.waitForTimeout(200);
    await operator.sees("section[data-case]");
    const { data } = await operator.api(`/api/attempts/${attempt}`);
    assert.equal(data.result, "answered");
    assert.equal(data.party, "voicemail");
    assert.deepEqual(data.entry.business_results, ["not_in"]);
    assert.equal(await operator.countToday(), before + 1);
    await operator.leave();
    await supervisor.leave();
  }],

  ["a talk goes on: the clock runs, nothing can be saved yet, and the supervisor can end it", async (house) => {
    const [operator, supervisor] = await pair(house);
    const caseWith = await casesByEnding(supervisor, house.taken);
    await operator.present(caseWith("50")); // answers, and stays until we hang up
    const attempt = await operator.dial();
    await operator.sees("[data-phase=talking]");
    const clock = () => operator.page.getByRole("timer").innerText();
    const first = await clock();
    // Networks may answer in order to announce: while nobody is known to be there, what is heard can be said, and taken back.
    const vacant = operator.page.locator("[data-announcements]").getByRole("button", { name: "欠番" });
    await vacant.click();
    await operator.sees("[data-announcements] button[aria-pressed=true]");
    await operator.picture("desk-heard");
    await operator.accessible("an announcement heard");
    await vacant.click();
    await operator.sees("[data-announcements]:not(:has(button[aria-pressed=true]))");
    await operator.until("the clock to run", async () => (await clock()) !== first);
    await operator.press("2", "d", "n");
    await operator.page.keyboard.insertText("家族に区の名称と電話番号のみ伝言。");
    await operator.press("Control+Enter");
    assert.equal(await operator.phase(), "talking", "a result was sent during the call");
    await operator.press("Escape"); // leaves the field, and only that
    assert.equal(await operator.phase(), "talking");
    await operator.page.getByText("お客様の音声が届いていません").waitFor(); // this one sends no sound
    await supervisor.page.getByText("お客様側の音声が届いていません").first().waitFor();
    await operator.picture("desk-talking");
    await operator.accessible("the desk in a talk");
    // On another screen the call stays in sight.
    await operator.page.getByRole("link", { name: "手動記録" }).click();
    await operator.sees("[data-strip=talking]");
    await operator.page.locator("[data-strip]").getByRole("button", { name: "終話" }).waitFor();
    await operator.accessible("the call over another screen");
    await operator.picture("call-strip");
    await operator.page.locator("[data-strip]").getByRole("link", { name: "架電画面に戻る" }).click();
    await operator.sees("[data-phase=talking]");
    await operator.press("F4");
    await operator.page.getByText("そのまま相手先に送られます").waitFor();
    await operator.press("1", "#");
    await operator.page.getByText("2個 送信しました").waitFor();
    await operator.picture("desk-keypad");
    await operator.accessible("the keypad");
    await operator.press("Escape"); // closes the keypad, and only that
    await operator.page.getByText("2個 送信しました").waitFor({ state: "hidden" });
    assert.equal(await operator.phase(), "talking");
    const button = supervisor.page.locator('[data-desk="desk1"]').getByRole("button", { name: "強制終話" });
    await supervisor.picture("board-talking");
    await button.click();
    await supervisor.page.getByRole("button", { name: "もう一度押すと切断" }).click();
    await operator.sees("[data-phase=wrap_up]");
    await operator.press("Enter");
    await operator.sees("[data-phase=idle]");
    const { data } = await operator.api(`/api/attempts/${attempt}`);
    assert.equal(data.party, "family");
    assert.deepEqual(data.business_results, ["message_left"]);
    assert.ok(data.evidence.some((e) => e.event === "bye_sent"));
    assert.deepEqual(data.evidence.filter((e) => e.event === "announcement_heard").map((e) => e.reason), ["vacant", "none"]);
    await operator.leave();
    await supervisor.leave();
  }],

  ["ringing can be ended by a key: cancelled", async (house) => {
    const [operator, supervisor] = await pair(house);
    const caseWith = await casesByEnding(supervisor, house.taken);
    await operator.present(caseWith("48")); // the network says nothing at all
    const attempt = await operator.dial();
    await operator.sees("[data-phase=calling]");
    await operator.press("Escape");
    await operator.sees(`p[data-attempt="${attempt}"]`);
    const { data } = await operator.api(`/api/attempts/${attempt}`);
    assert.ok(["cancelled", "not_dialled"].includes(data.result), data.result);
    assert.equal(data.ended_by, "operator");
    await operator.leave();
    await supervisor.leave();
  }],

  ["an announcement is heard while it rings (40): one key, and it decides", async (house) => {
    const [operator, supervisor] = await pair(house);
    const caseWith = await casesByEnding(supervisor, house.taken);
    await operator.present(caseWith("40"));
    const before = await operator.countToday();
    const attempt = await operator.dial();
    await operator.sees("[data-announcements]");
    await operator.press("e");
    await operator.until("what was heard", () => operator.frames.some((f) => f.type === "call" && f.data.id === attempt && f.data.announcement === "out_of_reach"));
    await operator.press("h");
    await operator.sees(`p[data-attempt="${attempt}"]`);
    const { data } = await operator.api(`/api/attempts/${attempt}`);
    assert.equal(data.result, "out_of_reach");
    assert.ok(data.counted && data.why.includes("案内"), data.why);
    assert.ok(data.evidence.some((e) => e.event === "announcement_heard" && e.reason === "out_of_reach"));
    assert.equal(await operator.countToday(), before + 1);
    await operator.leave();
    await supervisor.leave();
  }],

  ["what the ward is told, a call asked for that falls due, and the ward's answer at the desk", async (house) => {
    const [operator, supervisor] = await pair(house);
    const caseWith = await casesByEnding(supervisor, house.taken);
    const about = caseWith("55");
    await operator.present(about);
    const attempt = await operator.dial();
    await operator.sees("[data-phase=talking]");
    await operator.press("1", "o", "r");
    await operator.sees("[data-told=slip_reissue]");
    await operator.press("F6");
    await operator.page.keyboard.insertText("国保 第5期を自宅へ");
    await operator.press("Escape", "g", "F8");
    await operator.sees("button[data-language=en][aria-pressed=true]");
    await operator.press("F8");
    await operator.sees("button[data-language=zh][aria-pressed=true]");
    await operator.press("k", "F9");
    await operator.until("架電禁止", () => operator.page.locator("[data-more=do_not_call]").isChecked());
    await operator.page.locator("[data-field=call_again]").fill(tokyoIn(2));
    await operator.page.getByLabel("自分が架電する").check();
    await operator.picture("desk-result-more");
    await operator.accessible("the result form with what it leads to");
    await operator.press("g", "k"); // neither was meant
    if ((await operator.phase()) === "talking") await operator.press("h");
    await operator.sees("[data-phase=wrap_up]");
    await operator.press("Control+Enter");
    await operator.sees("[data-phase=idle]");
    const { data } = await operator.api(`/api/attempts/${attempt}`);
    assert.deepEqual(data.entry.business_results, ["call_back", "slip_reissue"]);

    // It falls due within two minutes: the panel says so, and one key brings the case; nothing is dialled.
    await operator.sees(`[data-asked="${about.id}"]`);
    await operator.page.getByText("のお約束の架電です").waitFor();
    await operator.picture("desk-asked");
    await operator.accessible("a call asked for falls due");
    const boss = (await supervisor.api("/api/asked-for")).data.items;
    assert.ok(boss.some((a) => a.case_id === about.id && a.operator && !a.late), JSON.stringify(boss));
    await operator.press("o");
    await operator.sees(`section[data-case="${about.id}"]`);
    await operator.page.locator("[data-asked]").waitFor({ state: "hidden" });
    assert.equal(await operator.phase(), "idle");

    await operator.sees("[data-handoff=open]");
    const { items } = (await supervisor.api(`/api/handoffs?case_id=${about.id}`)).data;
    const slip = items.find((h) => h.kind === "slip_reissue");
    const whole = (await supervisor.api(`/api/handoffs/${slip.id}`)).data;
    assert.equal(whole.events[0].text, "国保 第5期を自宅へ");
    const answered = await supervisor.api(`/api/handoffs/${slip.id}/answer`, "POST", { text: "本日発送しました" });
    assert.equal(answered.status, 200);
    await operator.page.locator("[data-handoff=answered]").getByText("本日発送しました").waitFor();
    await operator.accessible("the ward's answer at the desk");
    await operator.picture("desk-answered");

    // Nobody makes the call: it must not come before what other flows look for.
    await operator.press("s");
    await operator.until("another case", async () => ![null, about.id].includes(await operator.shownCase().catch(() => null)));
    assert.equal((await supervisor.api(`/api/cases/${about.id}/hold`, "POST", { reason: "点検" })).status, 200);
    assert.ok(!(await supervisor.api("/api/asked-for")).data.items.some((a) => a.case_id === about.id), "it is still told");
    await operator.leave();
    await supervisor.leave();
  }],

  ["two desks: a seat is taken over only when asked; a case stands at one desk only", async (house) => {
    const [operator, supervisor] = await pair(house);
    const other = await Person.come(house, "operator2");
    await other.signIn("/desk");
    await other.page.getByText("が着席中").waitFor();
    await other.accessible("choosing a seat");
    await other.picture("seat");
    await other.page.getByRole("button", { name: "着席する" }).click();
    await other.sees("section[data-case]");
    assert.notEqual(await other.shownCase(), await operator.shownCase());
    await other.page.getByRole("button", { name: "見本 花子" }).click();
    await other.page.getByRole("menuitem", { name: "離れる" }).click();

    await other.page.getByRole("button", { name: "席を引き継ぐ" }).click();
    await other.page.getByRole("dialog").getByText("引き継ぎますか").waitFor();
    await other.press("Enter");
    await operator.page.getByText("席を選んでください").waitFor();
    await other.sees("section[data-case]");
    assert.equal((await other.api("/api/session")).data.desk, "desk1");
    await other.page.getByRole("button", { name: "見本 花子" }).click();
    await other.page.getByRole("menuitem", { name: "離れる" }).click();
    await other.page.getByText("席を選んでください").waitFor();
    await other.leave();
    await operator.leave();
    await supervisor.leave();
  }],
];

/** A time some minutes from now as a field of date and time has it, in Tokyo. */
function tokyoIn(minutes) {
  return new Date(Date.now() + minutes * 60_000 + 9 * 3_600_000).toISOString().slice(0, 16);
}

// The form with everything open stands on a screen of 1280×800 without scrolling.
async function fits(operator) {
  const save = await operator.page.locator("form button[type=submit]").boundingBox();
  const line = await operator.page.locator("footer").boundingBox();
  assert.ok(save.y + save.height <= line.y, `the save button ends at ${save.y + save.height}, the status line begins at ${line.y}`);
}
