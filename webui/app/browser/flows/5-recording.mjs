import assert from "node:assert/strict";
import { casesByEnding, Person } from "../person.mjs";
import { startServer } from "../server.mjs";

export default [
  ["a talk is recorded: the operator sees it and pauses it; a supervisor listens, an operator has no player", async (house) => {
    if (process.env.KAKERU_URL) return; // whether a server that runs elsewhere records is the ward's to say
    const server = await startServer(["--record"]);
    try {
      await talk({ ...house, server, taken: new Set() });
    } finally {
      await server.stop();
    }
  }],
];

async function talk(house) {
  const supervisor = await Person.come(house, "supervisor");
  await supervisor.signIn("/board");
  const operator = await Person.come(house, "operator1");
  await operator.atDesk();
  const about = (await casesByEnding(supervisor, house.taken))("05");
  await operator.present(about);
  const attempt = await operator.dial();
  await operator.page.getByText("録音中", { exact: true }).waitFor();
  await operator.picture("desk-recording");
  await operator.accessible("a talk that is recorded");
  await operator.press("-");
  await operator.page.getByText("録音を一時停止中").waitFor();
  await operator.page.getByRole("button", { name: "録音を再開" }).click();
  await operator.page.getByText("録音中", { exact: true }).waitFor();
  await operator.page.waitForTimeout(1500); // of sound
  await operator.press("h");
  await operator.sees("[data-phase=wrap_up]");

  await supervisor.go("/attempts");
  await supervisor.page.locator(`tr[data-attempt="${attempt}"] button`).click();
  await supervisor.sees(`[data-recording="${attempt}"]`);
  const fetched = supervisor.page.waitForResponse((r) => r.url().endsWith(`/api/attempts/${attempt}/recording`));
  await supervisor.page.getByRole("button", { name: "録音を聞く" }).click();
  assert.equal((await fetched).status(), 200);
  const sound = supervisor.page.locator("audio");
  await supervisor.until("the recording to be played", () => sound.evaluate((a) => a.duration > 1 && a.currentTime > 0.2));
  assert.equal(await sound.evaluate((a) => a.error?.message ?? ""), "");
  await supervisor.picture("attempt-recording");
  await supervisor.accessible("an attempt with its recording");

  const seen = await operator.api(`/api/attempts/${attempt}`);
  assert.equal(seen.data.recording, undefined);
  assert.equal((await operator.api(`/api/attempts/${attempt}/recording`)).status, 403);
  await operator.leave();
  await supervisor.leave();
}
