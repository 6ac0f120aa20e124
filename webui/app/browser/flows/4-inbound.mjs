import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { casesByEnding, Person } from "../person.mjs";
import { binary } from "../server.mjs";

export default [
  ["a call comes in: both desks show who calls, one answers; held, muted, handed on after a word, its result recorded", async (house) => {
    if (!house.server.incoming) return; // a server that runs elsewhere has no simulated line to call by
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/board");
    const cameIn = async () => Number(/受電 (\d+)/.exec(await supervisor.page.locator("[data-figure=inbound]").innerText())?.[1]);
    await supervisor.sees("[data-figure=inbound]");
    const before = await cameIn();
    const pair = [await Person.come(house, "operator1"), await Person.come(house, "operator2")];
    for (const p of pair) await p.atDesk();
    const about = (await casesByEnding(supervisor, house.taken))("05");
    const { number, mark } = about.phones.find((p) => p.usable);
    const rung = { direction: "outbound", case_id: about.id, number_mark: mark, at: new Date().toISOString(), result: "no_answer" };
    assert.equal((await pair[0].api("/api/attempts", "POST", rung)).status, 201, "we rang them a moment ago");
    const caller = spawn(binary, ["lab", "call", "--to", house.server.incoming, "--from", number, "--seconds", "120"], { stdio: "ignore" });
    const left = new Promise((resolve) => caller.once("exit", resolve));
    try {
      for (const p of pair) {
        await p.sees("[data-phase=ringing] [data-incoming]");
        await p.page.getByText("受話器を取って応答してください").first().waitFor();
        await p.until("who calls", async () => (await p.page.locator("[data-incoming]").innerText()).includes(about.name));
        assert.ok((await p.page.locator("[data-incoming]").innerText()).replaceAll("-", "").includes(number), "the caller's number");
        await p.sees("button[aria-keyshortcuts=Enter][aria-disabled=true]");
        await p.sees(`[data-incoming] [data-rung="${about.id}"]`);
        await p.page.locator("[data-rung]").getByText("にこちらから架電しています").waitFor();
      }
      await supervisor.sees('[data-desk="desk1"][data-doing="ringing"]');
      await pair[0].picture("desk-incoming");
      await supervisor.picture("board-incoming");

      const first = await pair[0].until("one of the two to answer", async () => {
        for (const p of pair) if ((await p.phase()) === "talking") return p;
        return null;
      });
      const second = pair.find((p) => p !== first);
      await second.until("the other to ring no longer", async () => (await second.phase()) === "idle");
      await first.sees(`section[data-case="${about.id}"]`);
      await first.sees(`[data-rung="${about.id}"]`);
      await first.sees("button[data-kind=complaint]");
      await fits(first);
      await first.press("8");
      await first.page.getByText("保留中", { exact: true }).waitFor();
      await supervisor.page.getByText("保留中", { exact: true }).first().waitFor();
      await first.press("9");
      await first.page.getByText("ミュート中", { exact: true }).waitFor();
      await first.picture("desk-held");
      await first.accessible("a talk on hold");
      await first.press("8", "9");
      await first.page.getByText("ミュート中", { exact: true }).waitFor({ state: "hidden" });
      await first.page.getByText("保留中", { exact: true }).waitFor({ state: "hidden" });

      await first.press("0");
      await first.sees("[data-target]");
      await first.picture("desk-transfer");
      await first.accessible("where to hand a talk on");
      await first.press("Enter"); // the first button: ask first
      await second.page.getByText("からの転送").waitFor();
      await second.picture("desk-handed-on");
      await first.page.getByText("と相談中").waitFor();
      await first.picture("desk-consulting");
      await first.press("e");
      await second.sees("[data-phase=talking]");
      await first.until("the desk that handed it on to be free", async () => (await first.phase()) === "idle");
      await second.sees(`section[data-case="${about.id}"]`);

      const other = (await casesByEnding(supervisor, house.taken))("10");
      await second.press("/");
      await second.page.keyboard.type(other.ward_number);
      await second.sees(`tr[data-case="${other.id}"]`);
      await second.press("Enter");
      await second.sees(`section[data-case="${other.id}"]`);
      await second.page.getByRole("dialog").waitFor({ state: "hidden" });
      await second.press("h");
      await second.sees("[data-phase=wrap_up]");
      assert.equal(await left, 0, "the caller was answered and heard");
      await second.press("1", "x", "Enter");
      await second.page.getByText("受電の区分を選んでください").waitFor();
      await second.press(";");
      await second.sees("button[data-business=complaint][aria-pressed=true]");
      await second.press("]", "Enter"); // it was no complaint after all
      await second.until("the next case", async () => (await second.phase()) === "idle");

      const [attempt] = (await supervisor.api(`/api/attempts?case_id=${other.id}`)).data.items;
      assert.equal(attempt.direction, "inbound");
      assert.equal(attempt.counted, false);
      assert.equal(attempt.entry.kind, "inquiry");
      assert.deepEqual(attempt.entry.business_results, ["no_commitment"]);
      const { evidence } = (await supervisor.api(`/api/attempts/${attempt.id}`)).data;
      for (const event of ["invite_received", "answer_sent", "held", "resumed", "transfer_asked", "consulting", "transferred"])
        assert.ok(evidence.some((e) => e.event === event), `${event} is proven`);
      await supervisor.until("one more call that came in", async () => (await cameIn()) === before + 1);
      await supervisor.picture("board-inbound");
      for (const p of [...pair, supervisor]) await p.leave();
    } finally {
      caller.kill("SIGTERM");
    }
  }],
];

// The talk with its controls and the form beneath it stand on a screen of 1280×800 without scrolling.
async function fits(operator) {
  const save = await operator.page.locator("form button[type=submit]").boundingBox();
  const line = await operator.page.locator("footer").boundingBox();
  assert.ok(save.y + save.height <= line.y, `the save button ends at ${save.y + save.height}, the status line begins at ${line.y}`);
}
