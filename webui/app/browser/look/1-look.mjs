// Every screen in both themes and two sizes: looked at by rules and by axe, and pictured for people to look at.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { casesByEnding, Person } from "../person.mjs";
import { keep, record, scene } from "../recording.mjs";
import { binary } from "../server.mjs";
import { unfinished } from "../unfinished.mjs";

const sizes = [[1280, 800], [1920, 1080]];
const themes = ["light", "dark"];

/** Pictures what a person sees now, in every theme and size, and says what looks unfinished. */
async function look(house, person, name, keys = []) {
  const { page } = person;
  if (!person.told) throw new Error("nobody listens to what this page is told");
  house.scenes.push(await scene(person, name, keys));
  for (const theme of themes) {
    await page.evaluate((theme) => {
      const [key, oldValue] = ["kakeru-scheme", localStorage.getItem("kakeru-scheme")];
      localStorage.setItem(key, theme);
      dispatchEvent(new StorageEvent("storage", { key, oldValue, newValue: theme, storageArea: localStorage }));
    }, theme);
    for (const [width, height] of sizes) {
      await page.setViewportSize({ width, height });
      await page.waitForTimeout(150); // charts are drawn anew
      await page.screenshot({ path: `${house.pictures}/look-${name}-${theme}-${width}.png`, animations: "disabled" });
      for (const said of await page.evaluate(unfinished)) fault(house, `${name}: ${said}`, `${theme} ${width}`);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    await person.accessible(`${name}, ${theme}`).catch((error) => fault(house, error.message, theme));
  }
}

async function come(house, login) {
  const person = await Person.come(house, login);
  record(person);
  return person;
}

/** Keeps a fault once, with where it was seen. */
function fault(house, what, where) {
  house.faults.set(what, [...(house.faults.get(what) ?? []), where]);
}

const screens = {
  supervisor: ["/board", "/queue", "/attempts", "/cases", "/promises", "/handoffs", "/numbers", "/by-hand", "/scripts", "/lists", "/targets", "/reports", "/close", "/audit", "/account"],
  ward: ["/ward", "/progress", "/targets", "/reports", "/handoffs", "/promises", "/attempts", "/scripts", "/lists", "/close", "/audit"],
  admin: ["/desks", "/trunks", "/calendar", "/settings", "/users", "/displays", "/lists", "/audit"],
};

export default [
  ["the desk, moment by moment", async (house) => {
    [house.faults, house.scenes] = [new Map(), []];
    const boss = await come(house, "supervisor");
    await boss.signIn("/board");
    const guest = await come(house, "operator1");
    await guest.go("/");
    await guest.page.locator("[data-demo=admin]").waitFor();
    await look(house, guest, "sign-in");
    await guest.leave();

    const operator = await come(house, "operator1");
    await operator.signIn("/desk");
    await operator.page.getByRole("button", { name: "着席する" }).first().waitFor();
    await look(house, operator, "seat");
    await operator.page.getByRole("button", { name: "着席する" }).first().click();
    await operator.sees("section[data-case]");
    const caseWith = await casesByEnding(boss, house.taken);
    for (const ending of ["41", "42", "43", "45", "47"]) {
      await operator.present(caseWith(ending));
      const attempt = await operator.dial();
      await operator.until(`${ending} to end`, async () => (await operator.api(`/api/attempts/${attempt}`)).data?.ended_at);
    }
    await operator.present(caseWith("48"));
    await look(house, operator, "desk-idle");
    await operator.press("?");
    await operator.page.getByRole("dialog").waitFor();
    await look(house, operator, "help", ["?"]);
    await operator.press("Escape");
    await operator.press("/");
    await operator.page.getByRole("dialog").waitFor();
    await operator.page.keyboard.type("見本");
    await operator.page.waitForTimeout(600);
    await look(house, operator, "find", ["/", "type:見本"]);
    await operator.press("Escape", "Escape");
    await operator.page.getByRole("dialog").waitFor({ state: "hidden" });
    await operator.press("Enter");
    await operator.sees("[data-phase=calling]");
    await operator.page.waitForTimeout(300);
    await operator.press("Escape");
    await operator.until("the end", async () => (await operator.phase()) === "idle");

    await operator.present(caseWith("50"));
    const attempt = await operator.dial();
    await operator.sees("[data-phase=talking]");
    await look(house, operator, "desk-talking");
    await look(house, boss, "board-talking");
    await operator.press("Shift+Digit1", "Shift+Digit2", "y");
    await operator.page.getByRole("group", { name: "未納額" }).waitFor();
    await operator.press(",");
    await look(house, operator, "desk-promise");
    await operator.press("y", "o", "g", "r", "k");
    await look(house, operator, "desk-more");
    if ((await operator.phase()) === "talking") await operator.press("h");
    await operator.sees("[data-phase=wrap_up]");
    await look(house, operator, "desk-wrap-up");
    await operator.press("o", "g", "r", "y", ",");
    await operator.press("Control+Enter");
    await operator.until("the result", async () => (await operator.api(`/api/attempts/${attempt}`)).data?.entry);
    await operator.until("idle", async () => (await operator.phase()) === "idle");
    for (const keys of [["1", "b"], ["1", "j"], ["1", "r"]]) {
      await operator.present(caseWith("50"));
      await operator.dial();
      await operator.sees("[data-phase=talking]");
      await operator.press(...keys);
      await operator.press("h");
      await operator.sees("[data-phase=wrap_up]");
      await operator.press("Control+Enter");
      await operator.until("idle", async () => (await operator.phase()) === "idle");
    }
    await operator.page.waitForTimeout(500);
    await look(house, operator, "desk-after");
    const inbound = spawn(binary, ["lab", "call", "--to", house.server.incoming, "--from", "0300009999", "--seconds", "40"], { stdio: "ignore" });
    await operator.sees("[data-phase=ringing], [data-phase=talking]");
    await look(house, operator, "desk-ringing");
    await operator.until("answered", async () => (await operator.phase()) !== "ringing");
    await look(house, operator, "desk-inbound");
    if ((await operator.phase()) === "talking") await operator.press("h");
    await operator.sees("[data-phase=wrap_up]");
    await operator.press("3", "]", "i", "Control+Enter");
    await operator.until("idle", async () => (await operator.phase()) === "idle");
    inbound.kill();
    for (const path of ["/cases", "/handoffs", "/numbers", "/by-hand", "/account"]) {
      await operator.go(path);
      await operator.page.waitForTimeout(700);
      await look(house, operator, `operator${path.replaceAll("/", "-")}`);
    }
    await operator.leave();
    await boss.leave();
  }],

  ...Object.entries(screens).map(([login, paths]) => [`the ${login}'s screens`, async (house) => {
    const person = await come(house, login);
    await person.signIn();
    for (const path of paths) {
      await person.go(path);
      await person.sees("[data-link=live]");
      await person.page.waitForTimeout(900);
      await look(house, person, `${login}${path.replaceAll("/", "-")}`);
    }
    if (login === "supervisor") {
      const { items } = (await person.api("/api/attempts?limit=50")).data;
      await person.go("/attempts");
      const row = `tr[data-attempt="${items.find((a) => a.answered_at).id}"]`;
      await person.page.locator(row).click();
      await person.page.getByRole("dialog").waitFor();
      await person.page.waitForTimeout(700);
      await look(house, person, "attempt", [`click:${row}`]);
      await person.go(`/cases/${items.find((a) => a.case_id).case_id}`);
      await person.page.waitForTimeout(900);
      await look(house, person, "case");
    }
    await person.leave();
  }]),

  ["the scenes are kept", async (house) => {
    assert.equal(new Set(house.scenes.map((s) => s.name)).size, house.scenes.length);
    if (process.env.KAKERU_LOOK === "take") keep(house.scenes);
  }],

  ["nothing looks unfinished", async (house) => assert.equal([...house.faults].map(([what, where]) => `${what} (${where.join(", ")})`).join("\n"), "")],
];
