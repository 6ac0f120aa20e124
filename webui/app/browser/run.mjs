// The browser tests: the real server, two desks, a supervisor, and Debian's Chromium. Run after `make build`.
// One flow after the other, on one house, so that the figures can be followed. With KAKERU_SHORT only those of shortRun.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { chromium } from "playwright-core";
import { startServer } from "./server.mjs";

// Part of a flow's name; the folder of the flows, when it is not the usual one.
const [only, folder = "flows"] = process.argv.slice(2);
const short = !only && folder === "flows" && Boolean(process.env.KAKERU_SHORT);
const pictures = process.env.KAKERU_PICTURES ?? new URL("../test-results", import.meta.url).pathname;
rmSync(pictures, { recursive: true, force: true });
mkdirSync(pictures, { recursive: true });

const flows = [];
for (const file of readdirSync(new URL(folder, import.meta.url)).filter((f) => f.endsWith(".mjs")).sort()) {
  const { default: more } = await import(`./${folder}/${file}`);
  flows.push(...more);
}

// How each flow begins that `make test` plays: a day of every role in short, from the door to the close. The rest is for `make test FULL=1`.
const shortRun = [
  "the doors:", "a newcomer:", "people: nobody touches", "the ward: it lands", "nobody answers 40", "a talk (05)", "a case that a supervisor pins",
  "a list: looked at first", "a call comes in:", "the day's report:", "what others wrote stays text", "who saw what:", "a wish for instalments",
];
for (const begins of shortRun) {
  if (folder === "flows" && flows.filter(([name]) => name.startsWith(begins)).length !== 1) throw new Error(`of the short run: no flow, or more than one, begins with ${begins}`);
}

// A promise nobody waited for any more, because its flow had already failed.
process.on("unhandledRejection", () => {});

let passed = 0;
let failed = 0;
const server = await startServer().catch((error) => {
  console.error(error.message);
  return null;
});
const browser = server && (await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [
  "--no-sandbox", "--disable-background-networking", "--disable-gpu", "--no-first-run", "--disable-sync", "--disable-component-update",
  "--disable-default-apps", "--lang=ja-JP", "--font-render-hinting=none",
], env: { ...process.env, LANG: "ja_JP.UTF-8", LANGUAGE: "ja" } }));

if (!server) failed = 1;
else {
  const house = { server, browser, pictures, taken: new Set() };
  try {
    for (const [name, flow] of flows) {
      if (only && !name.includes(only)) continue;
      if (short && !shortRun.some((begins) => name.startsWith(begins))) continue;
      const began = Date.now();
      try {
        await flow(house);
        passed++;
        console.log(`ok   ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
      } catch (error) {
        failed++;
        console.log(`FAIL ${name}\n     ${String(error.stack ?? error).replaceAll("\n", "\n     ")}`);
        await pictureEverything(browser, name);
      }
      for (const context of browser.contexts()) await context.close();
    }
  } finally {
    await browser.close();
    await server.stop();
  }
}
if (!only && !short && folder === "flows" && failed === 0) failed += manual();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

// Every picture of the manual is one that a flow takes. With KAKERU_MANUAL (make manual) the manual gets what was taken just now.
function manual() {
  const docs = new URL("../../../docs/", import.meta.url).pathname;
  let missing = 0;
  for (const [, name] of readFileSync(`${docs}manual.ja.md`, "utf8").matchAll(/images\/manual\/([\w-]+\.png)/g)) {
    const taken = existsSync(`${pictures}/${name}`);
    if (taken && process.env.KAKERU_MANUAL) copyFileSync(`${pictures}/${name}`, `${docs}images/manual/${name}`);
    if (taken && existsSync(`${docs}images/manual/${name}`)) continue;
    missing++;
    console.log(taken ? `FAIL the manual has no picture ${name}: run make manual` : `FAIL no flow takes the manual's picture ${name}`);
  }
  return missing;
}

async function pictureEverything(browser, name) {
  let i = 0;
  for (const context of browser.contexts()) {
    for (const page of context.pages()) {
      await page.screenshot({ path: `${pictures}/failed-${name.replaceAll(/\W+/g, "-")}-${++i}.png` }).catch(() => {});
      const says = await page.locator("main").innerText({ timeout: 1_000 }).catch((error) => error.message); // all of it is made up
      console.log(`     ${page.url()} said: ${says.replaceAll(/\s+/g, " ").slice(0, 600)}`);
    }
  }
}
