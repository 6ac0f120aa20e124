import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { casesByEnding, Person } from "../person.mjs";
import { binary } from "../server.mjs";
import { list, note, readList } from "../paper.mjs";

// What the simulated network answers by the last two digits, and what that is called.
const unanswered = {
  40: "no_answer", 41: "busy", 42: "unallocated", 43: "out_of_reach", 45: "refused", 46: "line_trouble", 47: "number_changed",
  48: "line_trouble", 52: "bad_number",
};
// Machines and talks: the keys by which their result is recorded.
const odd = [["44", "4"], ["49", "5"], ["50", "7"], ["51", "1", "u"], ["53", "1", "i"], ["54", "1", "x"], ["55", "6"], ["57", "2", "a"]];
const talks = [["1", "z"], ["1", "r"], ["3", "d"], ["1", "k"], ["1", "j"], ["1", "f"], ["1", "s"], ["1", "l"], ["1", "t"]];

// People who answer, and talk, are those whose number ends in 00 to 39.
function someone(caseWith) {
  for (let ending = 0; ending < 40; ending++) {
    try {
      return caseWith(String(ending).padStart(2, "0"));
    } catch {
      // none is left with this one
    }
  }
  throw new Error("nobody is left who answers");
}

export default [
  ["the day", async (house) => {
    const boss = await Person.come(house, "supervisor");
    await boss.signIn("/lists");
    await readList(boss, list());
    const operator = await Person.come(house, "operator1");
    await operator.atDesk();
    const caseWith = await casesByEnding(boss, house.taken);
    await everyResult(operator, caseWith);
    await callBacks(operator, caseWith);
    const promised = await promises(operator, caseWith);
    await comesIn(operator, caseWith);
    await handedOn(house, operator, caseWith);
    await entries(operator);
    const { today } = (await boss.api("/api/progress")).data;
    assert.ok(today.attempts >= 30, `${today.attempts} calls`);
    note({ promised, attempts: (await boss.api("/api/attempts?limit=500")).data.items.map((a) => a.id) });
    await boss.go("/board");
    await boss.picture("board");
    await close(boss, promised);
    for (const person of [operator, boss]) await person.leave();
  }],
];

/** One call of each result the network can give, and a talk for each that people can. */
async function everyResult(operator, caseWith) {
  for (const [ending, result] of Object.entries(unanswered)) {
    await operator.present(caseWith(ending));
    const attempt = await operator.dial();
    await operator.until(`${ending} to end`, async () => (await operator.api(`/api/attempts/${attempt}`)).data?.ended_at);
    assert.equal((await operator.api(`/api/attempts/${attempt}`)).data.result, result, ending);
  }
  for (const [ending, ...keys] of odd) await talk(operator, caseWith(ending), keys);
  for (const keys of talks) await talk(operator, someone(caseWith), keys);
}

/** Takes a talk to its recorded result, all by keyboard. */
async function talk(operator, about, keys, more = async () => {}) {
  await operator.present(about);
  const attempt = await operator.dial();
  await operator.sees("[data-phase=talking], [data-phase=wrap_up]");
  await operator.press(...keys);
  if ((await operator.phase()) === "talking") await operator.press("h");
  await operator.sees("[data-phase=wrap_up]");
  await more();
  await operator.press("Control+Enter");
  await operator.until(`the result of ${keys}`, async () => (await operator.api(`/api/attempts/${attempt}`)).data?.entry);
  await operator.until("the desk to be free", async () => (await operator.phase()) === "idle");
  return attempt;
}

/** Two ask to be called again in a minute, and are. */
async function callBacks(operator, caseWith) {
  const asked = [];
  for (let i = 0; i < 2; i++) {
    const about = someone(caseWith);
    const at = new Date(Math.ceil(Date.now() / 60_000) * 60_000 + 60_000);
    await talk(operator, about, ["1", "o"], async () => {
      await operator.page.locator('[data-field="call_again"]').fill(localField(at));
      await operator.page.locator('[data-field="call_again"]').press("Escape");
    });
    asked.push([about, at]);
  }
  for (const [about, at] of asked) {
    await operator.page.waitForTimeout(Math.max(0, at.getTime() - Date.now() + 1_000));
    await talk(operator, about, ["1", "x"]);
  }
}

const localField = (at) => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Tokyo", dateStyle: "short", timeStyle: "short" }).format(at).replace(" ", "T");

/** Three promises of all that is owed, after the person was known. */
async function promises(operator, caseWith) {
  const made = [];
  for (let i = 0; i < 3; i++) {
    const about = someone(caseWith);
    const attempt = await talk(operator, about, ["Shift+Digit1", "Shift+Digit2", "y"], async () => {
      await operator.page.getByRole("group", { name: "未納額" }).waitFor();
      await operator.press(",");
      await operator.sees("[data-left='0']");
    });
    const { promise } = (await operator.api(`/api/attempts/${attempt}`)).data.entry;
    made.push({ attempt, about: { id: about.id, name: about.name, ward_number: about.ward_number }, promise });
  }
  return made;
}

/** Somebody rings us. */
async function comesIn(operator, caseWith) {
  const about = someone(caseWith);
  const caller = spawn(binary, ["lab", "call", "--to", process.env.KAKERU_INCOMING, "--from", about.phones.find((p) => p.usable).number, "--seconds", "60"], { stdio: "ignore" });
  const gone = new Promise((resolve) => caller.once("exit", resolve));
  await operator.sees("[data-phase=talking], [data-phase=wrap_up]");
  await operator.sees(`section[data-case="${about.id}"]`);
  await operator.press("1", "i", "[");
  if ((await operator.phase()) === "talking") await operator.press("h");
  await gone;
  await operator.sees("[data-phase=wrap_up]");
  await operator.press("Control+Enter");
  await operator.until("the desk to be free", async () => (await operator.phase()) === "idle");
}

/** A wish for instalments, which the ward answers by its own sign-in. */
async function handedOn(house, operator, caseWith) {
  const about = someone(caseWith);
  await talk(operator, about, ["1", "b"]);
  const ward = await Person.come(house, "ward");
  await ward.signIn("/handoffs");
  await ward.answerInstalments(about, operator);
  await ward.leave();
}

/** 番号入力, five of them. */
async function entries(operator) {
  await operator.go("/numbers");
  const first = operator.page.getByLabel("宛名番号", { exact: true });
  for (let i = 1; i <= 5; i++) {
    await operator.until("the first field", () => first.evaluate((e) => e === document.activeElement && e.value === ""));
    for (const text of [`99${i}`, `090-0000-880${i}`, `0900000880${i}`]) {
      await operator.page.keyboard.type(text);
      await operator.press("Enter");
    }
    await operator.until(`${i} rows`, async () => (await operator.page.locator("[data-entered]").count()) === i);
  }
  await operator.go("/desk");
}

/** 終業返却. Nobody is left on the screens. */
async function close(boss, promised) {
  await boss.go("/close");
  await boss.page.getByRole("button", { name: "記録を書き出す" }).click();
  await boss.sees("[data-export]");
  await boss.sees('[data-waiting="0"]');
  const check = boss.page.getByLabel("返却する内容を確かめました");
  await boss.until("the close to be ready", async () => await check.isEnabled());
  await boss.picture("close");
  await check.check();
  await boss.page.getByRole("button", { name: "終業返却を始める" }).click();
  await boss.sees('details[data-step="closed"]');
  await boss.page.getByText("本日は返却済みです").waitFor();
  await boss.picture("closed");
  for (const { about } of promised) {
    assert.deepEqual((await boss.api("/api/cases/search", "POST", { q: about.ward_number })).data.items, [], "somebody is found after the close");
    assert.equal((await boss.api(`/api/cases/${about.id}`)).data.case.name, "");
  }
}
