import assert from "node:assert/strict";
import { Person } from "../person.mjs";

export default [
  ["a newcomer: the first page says who to be and what to try; three presses later the first call rings", async (house) => {
    const newcomer = await Person.come(house, "operator1");
    const began = Date.now();
    await newcomer.go("/");
    const guide = newcomer.page.getByRole("complementary", { name: "はじめての方へ" });
    await guide.locator("[data-demo=admin]").waitFor();
    assert.deepEqual(await guide.locator("[data-demo]").evaluateAll((all) => all.map((a) => a.dataset.demo)), Object.keys(house.server.logins));
    await newcomer.accessible("the newcomer's page");
    await newcomer.picture("newcomer");
    await newcomer.page.getByRole("button", { name: "暗い表示にする" }).click();
    await newcomer.accessible("the newcomer's page, dark");
    await newcomer.picture("newcomer-dark");

    await guide.locator("[data-demo=operator1]").click(); // one
    await newcomer.page.getByRole("button", { name: "着席する" }).first().waitFor();
    await newcomer.press("Enter"); // two: the first free seat has the focus
    await newcomer.sees("section[data-case]");
    await newcomer.until("the button", () => newcomer.page.locator("button[aria-keyshortcuts=Enter]:not([aria-disabled])").count());
    await newcomer.page.waitForTimeout(500); // a breath, in which Enter dials nobody
    await newcomer.press("Enter"); // three
    await newcomer.sees("[data-phase=calling], [data-phase=talking], [data-phase=wrap_up], p[data-attempt]");
    const seconds = (Date.now() - began) / 1000;
    assert.ok(seconds < 60, `the first call took ${seconds} s`);
    // Whatever came of it is written down, so that the desk is free for the flows that follow.
    await newcomer.until("the call to be over", async () => {
      const phase = await newcomer.phase();
      if (phase === "talking") await newcomer.press("Escape");
      if (phase === "wrap_up") await newcomer.press("4", "Enter");
      return phase === "idle";
    });
    await newcomer.leave();
  }],
];
