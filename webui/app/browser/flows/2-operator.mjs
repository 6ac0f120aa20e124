import assert from "node:assert/strict";
import { casesByEnding, pair } from "../person.mjs";

// How many keys may be pressed from the moment at which the phone rings until the next case stands there (docs/decisions/0051).
const budget = { no_answer: 0, busy: 0, voicemail: 1, promise: 6, call_back: 5 };

export default [
  ["keystrokes: no answer 0, busy 0, voicemail 1, promise 6, call-back 5", async (house) => {
    const { operator, supervisor, caseWith } = await sit(house);
    const counted = {};
    for (const [what, ending] of [["no_answer", "40"], ["busy", "41"]]) {
      const about = caseWith(ending);
      await operator.present(about);
      const attempt = await operator.dial();
      counted[what] = await keysUntilNext(operator, about, async () => {});
      const { data } = await operator.api(`/api/attempts/${attempt}`);
      assert.equal(data.result, what);
    }

    const machine = caseWith("44");
    await operator.present(machine);
    let attempt = await operator.dial();
    await operator.sees("[data-phase=talking]");
    await operator.page.getByRole("button", { name: "留守電で終了" }).waitFor();
    await operator.picture("desk-machine");
    counted.voicemail = await keysUntilNext(operator, machine, () => operator.press("F7"));
    let { data } = await operator.api(`/api/attempts/${attempt}`);
    assert.equal(data.party, "voicemail");
    assert.equal(data.ended_by, "operator");
    assert.deepEqual(data.business_results, ["not_in"]);

    const payer = caseWith("50"); // stays until we hang up
    await operator.present(payer);
    attempt = await operator.dial();
    await operator.sees("[data-phase=talking]");
    counted.promise = await keysUntilNext(operator, payer, async () => {
      await operator.page.keyboard.down("Shift"); // counts too
      await operator.press("Digit1", "Digit2");
      await operator.page.keyboard.up("Shift");
      await operator.page.getByRole("group", { name: "未納額" }).waitFor();
      await operator.press("y", "h");
      await operator.sees("[data-phase=wrap_up]");
      await operator.picture("desk-promise");
      await operator.press("Enter");
    });
    ({ data } = await operator.api(`/api/attempts/${attempt}`));
    const owed = (await supervisor.api(`/api/cases/${payer.id}`)).data.case.balances.reduce((all, b) => all + b.yen, 0);
    assert.equal(data.entry.promise.amount_yen, owed, "not the full balance");
    assert.match(data.entry.promise.due_on, /^\d{4}-\d{2}-\d{2}$/);

    const later = caseWith("50");
    await operator.present(later);
    attempt = await operator.dial();
    await operator.sees("[data-phase=talking]");
    counted.call_back = await keysUntilNext(operator, later, async () => {
      await operator.press("2", "o", "v", "h");
      await operator.sees("[data-phase=wrap_up]");
      await operator.picture("desk-call-back");
      await operator.press("Enter");
    });
    ({ data } = await operator.api(`/api/attempts/${attempt}`));
    assert.deepEqual(data.business_results, ["call_back"]);
    assert.match(tokyo(data.entry.call_again_at), new RegExp(`^${tokyo(new Date(Date.now() + 86_400_000).toISOString()).slice(0, 10)}T10:00$`));

    console.log(`     keys: ${JSON.stringify(counted)}`);
    for (const [what, most] of Object.entries(budget)) assert.ok(counted[what] <= most, `${what} took ${counted[what]} keys; ${most} are allowed`);
    await operator.leave();
    await supervisor.leave();
  }],

  ["undo: the last result is taken up again by one key while the next case stands there; it appends", async (house) => {
    const { operator, supervisor, caseWith } = await sit(house);
    const about = caseWith("44");
    await operator.present(about);
    const attempt = await operator.dial();
    await operator.sees("[data-phase=talking]");
    await operator.press("F7");
    await operator.until("the next case", async () => ![null, about.id].includes(await operator.shownCase().catch(() => null)));
    const next = await operator.shownCase();
    await operator.page.locator(`p[data-attempt="${attempt}"]`).getByRole("button", { name: "訂正" }).waitFor();
    await operator.picture("desk-undo");
    await operator.accessible("the line that can be undone");
    await operator.press("z");
    const dialog = operator.page.getByRole("dialog");
    await dialog.locator('[aria-keyshortcuts="4"][aria-pressed=true]').waitFor();
    await beside(operator, dialog);
    await operator.picture("desk-undo-form");
    await operator.accessible("the last result, taken up again");
    await operator.press("2", "d", "a", "Enter"); // a member of the family: a message was left, and nobody was out
    await dialog.waitFor({ state: "hidden" });
    const { data } = await operator.api(`/api/attempts/${attempt}`);
    assert.equal(data.party, "family");
    assert.deepEqual(data.business_results, ["message_left"]);
    assert.equal(data.entry.revision, 2, "it appends");
    assert.equal(await operator.shownCase(), next, "the next case stays where it stands");
    await operator.until("the line", async () => (await operator.page.locator(`p[data-attempt="${attempt}"]`).innerText()).includes("伝言"));
    await operator.leave();
    await supervisor.leave();
  }],

  ["away: a reason by a key, nothing comes meanwhile, the supervisor sees it and the last touch; back by Enter", async (house) => {
    const { operator, supervisor, caseWith } = await sit(house);
    await operator.press("b");
    await operator.sees("[data-away-reasons]");
    await operator.picture("desk-away-why");
    await operator.accessible("the reasons to be away");
    await operator.press("Escape");
    await operator.page.locator("[data-away-reasons]").waitFor({ state: "hidden" });
    assert.equal(await operator.phase(), "idle");
    await operator.press("1"); // not asked for: nothing
    assert.equal(await operator.phase(), "idle");
    await operator.press("b", "1");
    await operator.sees("[data-phase=away]");
    await operator.page.getByText("戻ると次の案件が表示されます").waitFor();
    await operator.picture("desk-away");
    await operator.accessible("the desk, away");
    const card = supervisor.page.locator("[data-desk=desk1][data-doing=away]");
    await card.getByText("休憩").waitFor();
    await card.locator("[data-touched]").waitFor();
    await supervisor.picture("board-away");
    await supervisor.accessible("the board with somebody away");
    const refused = await operator.api("/api/calls", "POST", { desk: "desk1", next: true });
    assert.equal(refused.status, 409);
    assert.equal(refused.data.rule, "seat_away");
    if (house.server.restart) {
      await house.server.restart();
      await operator.page.locator("[data-link=live]").waitFor();
      // Away again once the seat is taken again: what the screen showed before it was lost is no sign of that.
      await operator.until("to be away again", async () => ((await operator.api("/api/desks")).data?.desks ?? []).some((d) => d.id === "desk1" && d.state === "away"));
      await operator.sees("[data-phase=away]");
    }
    await operator.press("Enter");
    await operator.sees("[data-phase=idle]");
    await operator.sees("section[data-case]");

    // A result that is owed, and a call, keep one at the desk.
    await operator.present(caseWith("50"));
    await operator.dial();
    await operator.sees("[data-phase=talking]");
    const held = await operator.api("/api/desks/desk1/away", "POST", { reason: "break" });
    assert.equal(held.data.rule, "desk_busy");
    assert.ok(held.data.detail.includes("終話"), held.data.detail);
    await operator.press("Escape");
    await operator.sees("[data-phase=wrap_up]");
    assert.equal((await operator.api("/api/desks/desk1/away", "POST", { reason: "break" })).data.rule, "result_due");
    await operator.press("7", "Enter");
    await operator.sees("[data-phase=idle]");
    await operator.leave();
    await supervisor.leave();
  }],

  ["the keys of the moment: a legend at the foot, the help begins with them, and no window hides the telephone", async (house) => {
    const { operator, supervisor, caseWith } = await sit(house);
    await operator.sees("[data-legend=idle]");
    await operator.press("?");
    await operator.sees("[data-help-moment=idle]");
    await operator.picture("help-idle");
    await operator.press("Escape");
    await operator.present(caseWith("50"));
    await operator.dial();
    await operator.sees("[data-phase=talking]");
    await operator.sees("[data-legend=talking]");
    for (const [key, name] of [["?", "help"], ["F2", "scripts"]]) {
      await operator.press(key);
      const dialog = operator.page.getByRole("dialog");
      await dialog.waitFor();
      if (name === "help") await operator.sees("[data-help-moment=talking]");
      await beside(operator, dialog);
      await operator.picture(`talking-${name}`);
      await operator.accessible(`${name} in a talk`);
      await operator.press("Escape");
      await dialog.waitFor({ state: "hidden" });
      assert.equal(await operator.phase(), "talking", "closing a window hung up");
    }
    // The telephone works with a window beside it.
    await operator.press("?");
    await operator.page.getByRole("dialog").waitFor();
    await operator.page.getByRole("button", { name: "終話", exact: true }).click();
    await operator.sees("[data-phase=wrap_up]");
    await operator.press("Escape");
    await operator.page.getByRole("dialog").waitFor({ state: "hidden" });
    await operator.press("7", "Enter");
    await operator.sees("[data-phase=idle]");
    await operator.leave();
    await supervisor.leave();
  }],

  ["nothing moves on the desk from the click until the result is owed (layout shift 0)", async (house) => {
    const { operator, supervisor, caseWith } = await sit(house);
    for (const [ending, ends] of [["50", "operator"], ["05", "customer"]]) {
      await operator.present(caseWith(ending));
      await operator.page.evaluate(() => {
        globalThis.shifts = [];
        globalThis.shiftWatch?.disconnect();
        globalThis.shiftWatch = new PerformanceObserver((list) => {
          for (const e of list.getEntries()) {
            globalThis.shifts.push({
              value: e.value, ofInput: e.hadRecentInput, phase: document.querySelector("[data-phase]")?.getAttribute("data-phase"),
              of: e.sources.map((s) => `${s.node?.className ?? s.node?.nodeName} "${(s.node?.textContent ?? "").slice(0, 20)}" ${Math.round(s.previousRect.y)} to ${Math.round(s.currentRect.y)}`),
            });
          }
        });
        globalThis.shiftWatch.observe({ type: "layout-shift" });
      });
      await operator.dial();
      await operator.sees("[data-phase=calling], [data-phase=talking]");
      await operator.sees("[data-phase=talking], [data-phase=wrap_up]");
      if (ends === "operator") {
        await operator.page.getByText("お客様の音声が届いていません").waitFor(); // a chip comes up
        await operator.press("7");
        await operator.page.waitForTimeout(600); // what follows from the key
        await operator.press("h");
      }
      await operator.sees("[data-phase=wrap_up]");
      await operator.page.waitForTimeout(800);
      const shifts = (await operator.page.evaluate(() => globalThis.shifts)).filter((s) => !s.ofInput);
      const sum = shifts.reduce((all, s) => all + s.value, 0);
      console.log(`     layout shift ${ending}: ${sum}`);
      assert.deepEqual(shifts, [], `layout shift ${sum} (${ending})`);
      await operator.picture(`desk-still-${ending}`);
      await operator.press("7", "Enter");
      await operator.sees("[data-phase=idle]");
    }
    await operator.leave();
    await supervisor.leave();
  }],
];

async function sit(house) {
  const [operator, supervisor] = await pair(house);
  await operator.until("the desk to be idle", async () => (await operator.phase()) === "idle");
  return { operator, supervisor, caseWith: await casesByEnding(supervisor, house.taken) };
}

/** How many keys the browser saw go down, modifiers among them, until another case stands at the desk. */
async function keysUntilNext(operator, about, act) {
  await operator.page.evaluate(() => {
    globalThis.keysSeen = 0;
    globalThis.countKey ??= addEventListener("keydown", () => void globalThis.keysSeen++, true) ?? true;
  });
  await act();
  await operator.until("the next case", async () => ![null, about.id].includes(await operator.shownCase().catch(() => null)));
  assert.equal(await operator.phase(), "idle");
  return operator.page.evaluate(() => globalThis.keysSeen);
}

/** The telephone is not covered by a window. */
async function beside(operator, dialog) {
  await operator.page.waitForTimeout(350); // it has come to rest
  const [window, phone] = [await dialog.boundingBox(), await operator.page.locator("[data-phase]").boundingBox()];
  assert.ok(window.x + window.width <= phone.x, `the window ends at ${window.x + window.width}, the telephone begins at ${phone.x}`);
  const on = await operator.page.evaluate(([x, y]) => !!document.elementFromPoint(x, y)?.closest("[data-phase]"), [phone.x + phone.width / 2, phone.y + phone.height / 2]);
  assert.ok(on, "something lies over the telephone");
}

const tokyo = (at) => new Date(Date.parse(at) + 9 * 3_600_000).toISOString().slice(0, 16);
