import assert from "node:assert/strict";
import { Person } from "../person.mjs";

export default [
  ["a call made on another telephone and one taken there are noted by hand: they lock, they show, and they count apart", async (house) => {
    const operator = await Person.come(house, "operator1");
    await operator.atDesk();
    const id = await operator.shownCase();
    const counted = await operator.countToday();
    const [{ number }] = (await operator.api(`/api/cases/${id}`)).data.case.phones;
    await operator.press("m");
    await operator.sees(`[data-chosen="${id}"]`);
    await operator.accessible("the form of a call by hand");
    await choose(operator, "かけた番号", 0);
    await choose(operator, "通信結果", 0);
    await operator.sees("form button[data-business]");
    await operator.page.getByLabel("交渉経過").fill("携帯電話から架電");
    await operator.press("Escape", "1", "x");
    await operator.picture("by-hand");
    await operator.accessible("the form of a talk by hand");
    await operator.press("Enter");
    await operator.sees("[data-noted]");
    const [attempt] = (await operator.api(`/api/attempts?case_id=${id}`)).data.items;
    assert.deepEqual([attempt.origin, attempt.counted, attempt.result, attempt.entry.party], ["manual", false, "answered", "self"]);
    assert.equal(await operator.countToday(), counted, "it is none of the attempts that count");
    await operator.go("/desk");
    await operator.until("another case at the desk", async () => ![null, id].includes(await operator.shownCase()));
    const desk = (await operator.api("/api/desks")).data.desks.find((d) => d.operator === attempt.operator);
    const again = await operator.api("/api/calls", "POST", { desk: desk.id, case_id: id, number });
    assert.deepEqual([again.status, again.data.rule], [409, "number_locked"]);

    // Somebody called another telephone: of no case, a complaint.
    await operator.go("/by-hand");
    await operator.page.getByLabel("受電").check();
    await operator.page.getByText("案件なし").waitFor();
    await operator.sees("button[data-kind]");
    await operator.page.keyboard.press("Escape");
    await operator.press(";", "1");
    await operator.sees("button[data-business=complaint][aria-pressed=true]");
    await operator.picture("by-hand-inbound");
    await operator.press("Enter");
    await operator.sees("[data-noted]");
    await operator.leave();

    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/attempts");
    await supervisor.sees(`tr[data-attempt="${attempt.id}"] [data-origin=manual]`);
    await supervisor.page.locator(`tr[data-attempt="${attempt.id}"] button`).click();
    await supervisor.page.getByRole("dialog").getByText("発信した人が手動で記録した架電です").first().waitFor();
    await supervisor.picture("attempt-by-hand");
    await supervisor.leave();
    const ward = await Person.come(house, "ward");
    await ward.signIn("/progress");
    await ward.sees("table[data-inbound] [data-sum=complaints]");
    await ward.accessible("the calls that came in by kind");
    await ward.picture("ward-inbound");
    await ward.leave();
  }],

  ["five numbers entered by keyboard alone; one typed wrong, one of another case, one taken back", async (house) => {
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/queue");
    const { items } = (await supervisor.api("/api/queue?limit=20")).data;
    const [about, other] = items.slice(-2);
    const theirs = (await supervisor.api(`/api/cases/${other.case_id}`)).data.case.phones[0].number;
    await supervisor.leave();

    const operator = await Person.come(house, "operator1");
    await operator.signIn("/numbers");
    const first = operator.page.getByLabel("宛名番号", { exact: true });
    await operator.until("the first field to have the focus", () => first.evaluate((e) => e === document.activeElement));
    await operator.accessible("the empty screen of numbers");
    let entered = 0;
    const row = async (ward, number, again = number) => {
      for (const text of [ward, number, again]) {
        await operator.page.keyboard.type(text);
        await operator.press("Enter");
      }
    };
    const keeps = async () => {
      entered++;
      await operator.until(`${entered} rows`, async () => (await operator.page.locator("[data-entered]").count()) === entered);
      await operator.until("the next row ready", () => first.evaluate((e) => e === document.activeElement && e.value === ""));
    };
    await row(about.ward_number, "090-0000-7701");
    await keeps();
    await operator.page.getByText("案件の電話番号に加えました").waitFor();
    await row("999", "０６０００００７７０２", "06000007702");
    await keeps();
    await operator.page.getByText("区への返却を待ちます").waitFor();
    await row(about.ward_number, theirs);
    await keeps();
    await operator.page.getByRole("status").getByText("同じ世帯かもしれません").first().waitFor();

    // The two differ: both are typed again, the person is not.
    await row("998", "05000007704", "05000007705");
    await operator.page.getByText("2回の番号が一致しません").waitFor();
    for (let i = 0; i < 2; i++) {
      await operator.page.keyboard.type("05000007704");
      if (i === 1) {
        assert.equal(await operator.page.getByLabel("電話番号", { exact: true }).inputValue(), "•".repeat(11), "the first number can be copied");
        await operator.picture("numbers-blind");
      }
      await operator.press("Enter");
    }
    await keeps();
    await row("997", "110");
    await operator.page.getByText("110・118・119").waitFor();
    await operator.press("Control+a");
    await operator.page.keyboard.type("0300007705");
    await operator.press("Enter");
    await operator.page.keyboard.type("0300007705");
    await operator.press("Enter");
    await keeps();
    await operator.page.getByText("今日 5件 今月 5件").waitFor();
    await operator.accessible("the numbers entered");
    await operator.picture("numbers");

    // An operator sees of a case that is not at the desk no more than the ends of its numbers.
    const ends = async () => (await operator.api(`/api/cases/${about.case_id}`)).data.case.phones.map((p) => p.number.slice(-2));
    const joined = await ends();
    assert.ok(joined.includes("01") && joined.includes(theirs.slice(-2)), `the numbers did not join the case: ${joined}`);
    await operator.page.locator("[data-entered]").last().getByRole("button").click();
    await operator.page.getByText("今日 4件").waitFor();
    assert.equal((await ends()).length, joined.length - 1, "a number that was taken back is still the case's");
    await operator.leave();

    const boss = await Person.come(house, "supervisor");
    await boss.signIn("/numbers");
    await boss.page.getByText("今月の件数").waitFor();
    await boss.accessible("the supervisor's counts of numbers");
    await boss.picture("numbers-counts");
    await boss.leave();
  }],

  ["a page is drafted, approved by the ward's own sign-in, and only then seen at the desk, and found by F2", async (house) => {
    const boss = await Person.come(house, "supervisor");
    await boss.signIn("/scripts");
    await boss.page.getByRole("button", { name: "新しい文面" }).click();
    const form = boss.page.getByRole("dialog");
    await form.getByLabel("項目名").fill("browser_page");
    await form.getByLabel("見出し").fill("点検用の文面");
    await form.getByLabel("本文").fill("**督促**の前の段落\n\n- 一つ目\n- <b>二つ目</b>");
    await form.getByLabel("本人確認の前").check();
    await boss.accessible("the form of a page");
    await form.getByRole("button", { name: "下書きとして保存" }).click();
    await boss.page.getByText("「督促」は法律上").waitFor();
    await boss.accessible("a draft with a warning");
    await boss.picture("scripts-draft");
    await boss.leave();

    const operator = await Person.come(house, "operator1");
    await operator.atDesk();
    await operator.sees("[data-situation=before_call] [data-script=opening]");
    assert.equal(await operator.page.locator("[data-script=browser_page]").count(), 0, "a draft shows at a desk");
    assert.equal(await operator.page.locator("[data-script=self]").count(), 0, "the matter shows before identity");

    const ward = await Person.come(house, "ward");
    await ward.signIn("/scripts");
    await ward.page.locator("[data-page=browser_page]").click();
    await ward.page.getByRole("button", { name: "承認する" }).click();
    await ward.page.getByText(/区の承認 \d{4}-/).waitFor();
    await ward.accessible("a page the ward approved");
    await ward.picture("scripts-approved");
    await ward.leave();

    await operator.page.reload();
    // Whoever stands at the desk may speak another language, and the page is written in one.
    await operator.page.getByRole("radiogroup").getByText("日本語", { exact: true }).click();
    await operator.sees("[data-situation=before_call] [data-script=browser_page]");
    await operator.page.locator("[data-script=browser_page]").getByText(/区の承認/).waitFor();
    await operator.page.locator("[data-script=browser_page]").getByText("<b>二つ目</b>").waitFor(); // as it was typed, no HTML
    await operator.accessible("the desk with the ward's texts");
    await operator.picture("desk-scripts");
    await operator.press("F2");
    await operator.page.getByRole("dialog").getByLabel("文面をさがす").fill("減免");
    await operator.sees("[role=dialog] [data-script=reduction]");
    await operator.accessible("the search of texts");
    await operator.picture("scripts-search");
    await operator.leave();
  }],
];

/** Chooses the nth of a list, as a mouse does. */
async function choose(person, label, n) {
  await person.page.getByLabel(label, { exact: true }).first().click();
  await person.page.getByRole("option").nth(n).click();
}
