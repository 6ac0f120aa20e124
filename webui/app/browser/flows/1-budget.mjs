import assert from "node:assert/strict";
import { Person } from "../person.mjs";

// A machine four times slower than this one. The best of some tries is held against the budget: what else this machine does is not the panel's.
const slower = 4;
const tries = 6;
const budget = 1_000; // ms from asking for the page until it can be used

export default [
  ["budget: a slow machine shows the first page, ready to be used, within a second; how long the desk takes is told", async (house) => {
    const person = await Person.come(house, "operator1");
    const cdp = await person.context.newCDPSession(person.page);
    await cdp.send("Emulation.setCPUThrottlingRate", { rate: slower });
    await cdp.send("Network.enable");
    await cdp.send("Network.setCacheDisabled", { cacheDisabled: true }); // as on the first morning
    // Counted from when the page was asked for until the first thing to press is drawn and the main thread is free for a key.
    await person.context.addInitScript(() => {
      const look = () => {
        const there = document.querySelector("form button[type=submit], section[data-case]");
        if (!there?.checkVisibility() || there.disabled) return requestAnimationFrame(look);
        return setTimeout(() => (globalThis.usableAt = performance.now()));
      };
      requestAnimationFrame(look);
    });
    const usable = async (what) => {
      const took = [];
      for (let i = 0; i < tries; i++) {
        await person.go("/desk");
        took.push(await person.until("the page to be usable", () => person.page.evaluate(() => globalThis.usableAt)));
      }
      took.sort((a, b) => a - b);
      console.log(`     ${what}: best ${Math.round(took[0])} ms, median ${Math.round(took[tries >> 1])} ms, CPU ${slower}× slower`);
      return took[0];
    };
    const door = await usable("sign-in");
    await cdp.send("Emulation.setCPUThrottlingRate", { rate: 1 });
    await person.atDesk();
    await cdp.send("Emulation.setCPUThrottlingRate", { rate: slower });
    await usable("the desk");
    assert.ok(door <= budget, `sign-in ${door} ms of ${budget}`);
    await cdp.send("Emulation.setCPUThrottlingRate", { rate: 1 });
    await person.page.getByRole("button", { name: "見本 一郎" }).click();
    await person.page.getByRole("menuitem", { name: "離れる" }).click();
    await person.page.getByText("席を選んでください").waitFor();
    await person.leave();
  }],
];
