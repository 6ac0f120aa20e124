import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { casesByEnding, Person } from "../person.mjs";
import { binary } from "../server.mjs";

const hostile = [
  '<img src=x onerror="globalThis.broken=1">',
  "<script>globalThis.broken=1</script>",
  '"><svg onload="globalThis.broken=1">',
  "javascript:globalThis.broken=1",
  "{{constructor.constructor('globalThis.broken=1')()}}",
];

/** Nothing that was written by somebody else has become part of the page. */
async function unbroken(person, where) {
  const found = await person.page.evaluate(() => ({
    broken: globalThis.broken ?? 0,
    planted: [...document.querySelectorAll("img[onerror], svg[onload], [onclick], iframe, object, embed, a[href^='javascript:'], script:not([src])")].length,
  }));
  assert.deepEqual(found, { broken: 0, planted: 0 }, where);
}

export default [
  ["what others wrote stays text: in lists, notes, texts to read out, and names on the telephone", async (house) => {
    const supervisor = await Person.come(house, "supervisor");
    await supervisor.signIn("/lists");

    // A list whose columns are hostile.
    const rows = hostile.map((text, i) => {
      const cell = `"${text.replaceAll('"', '""')}"`;
      return `79100000${i}1,${cell},${cell},,135-0000,${cell},03-0000-97${i}0,,,国保,令和8年度 第2期,2026/08/31,12000,${i ? "日本語" : cell},${cell},見本`;
    });
    const head = "宛名番号,氏名,氏名カナ,生年月日,郵便番号,住所,電話番号1,電話番号2,電話番号3,保険区分,期別,納期限,滞納額,言語,備考,見本";
    const csv = Buffer.from([head, ...rows].join("\r\n") + "\r\n");
    await supervisor.page.setInputFiles("input[type=file]", { name: `${hostile[0].replaceAll("/", "")}.csv`, mimeType: "text/csv", buffer: csv });
    await supervisor.page.getByText("確認待ち").waitFor();
    await unbroken(supervisor, "a list's preview");
    await supervisor.picture("attack-list");
    await supervisor.page.getByRole("button", { name: "件を反映する" }).click();
    await supervisor.page.getByText("反映済み").waitFor();
    const hits = (await supervisor.api("/api/cases/search", "POST", { q: "7910000001" })).data.items;
    assert.equal(hits.length, 1, "the hostile row is a case");
    await supervisor.go(`/cases/${hits[0].case_id}`);
    await supervisor.page.getByText(hostile[0]).first().waitFor();
    await unbroken(supervisor, "a case from a list");
    await supervisor.picture("attack-case");

    // A text to read out.
    const drafted = await supervisor.api("/api/scripts", "POST", { key: "opening", language: "ja", title: hostile[1], situations: ["before_call"], body: `${hostile[0]}\n\n**${hostile[2]}**\n\n- ${hostile[3]}` });
    await supervisor.go("/scripts");
    if (drafted.status < 300) await supervisor.page.getByText(hostile[1]).first().waitFor();
    await unbroken(supervisor, `the texts (${drafted.status})`);

    // A note of a talk, and a reason for an order.
    const operator = await Person.come(house, "operator1");
    await operator.atDesk();
    const about = (await casesByEnding(supervisor, house.taken))("05");
    await operator.present(about);
    const attempt = await operator.dial();
    await operator.sees("[data-phase=talking], [data-phase=wrap_up]");
    if ((await operator.phase()) === "talking") await operator.press("h");
    await operator.sees("[data-phase=wrap_up]");
    const noted = await operator.api(`/api/attempts/${attempt}/result`, "PUT", { party: "self", business_results: ["no_commitment"], note: hostile.join("\n") });
    assert.ok(noted.status < 300, JSON.stringify(noted.data));
    await supervisor.go("/attempts");
    await supervisor.sees("tbody tr");
    await supervisor.page.locator("tbody tr").first().click();
    await supervisor.page.getByText(hostile[0]).first().waitFor();
    await unbroken(supervisor, "an attempt's note");
    await supervisor.picture("attack-note");
    await supervisor.go(`/cases/${about.id}`);
    await supervisor.page.getByText(hostile[0]).first().waitFor();
    await unbroken(supervisor, "a case's history");

    // Who calls says who they are: their telephone company hands the name on.
    if (house.server.incoming) {
      const caller = spawn(binary, ["lab", "call", "--to", house.server.incoming, "--from", `0300009999`, "--name", hostile[1], "--seconds", "20"], { stdio: "ignore" });
      const left = new Promise((resolve) => caller.once("exit", resolve));
      await operator.until("the desk to ring", async () => (await operator.page.locator("[data-incoming]").count()) > 0 || caller.exitCode !== null);
      assert.equal(caller.exitCode, null, "the lab's caller did not get through");
      await unbroken(operator, "a call that comes in");
      await unbroken(supervisor, "the board's");
      await operator.picture("attack-caller");
      caller.kill("SIGTERM");
      await left;
    }
    for (const person of [operator, supervisor]) await person.leave();
  }],

  ["the screen says who looks, and a print shows that it may not be", async (house) => {
    const operator = await Person.come(house, "operator1");
    await operator.signIn("/cases");
    const mark = operator.page.locator("[data-watermark]");
    await mark.waitFor({ state: "attached" });
    const { user } = (await operator.api("/api/session")).data;
    const picture = decodeURIComponent(await mark.evaluate((m) => getComputedStyle(m).backgroundImage));
    assert.ok(picture.includes(user.name) && /\d{4}-\d\d-\d\d \d\d:\d\d/.test(picture), picture);
    assert.equal(await mark.evaluate((m) => `${getComputedStyle(m).pointerEvents} ${m.getAttribute("aria-hidden")}`), "none true");
    await operator.accessible("a screen under its watermark");
    await operator.picture("watermark");
    await operator.page.emulateMedia({ media: "print" });
    await operator.page.locator("[data-print-notice]").waitFor();
    assert.equal(await operator.page.locator("main").isVisible(), false, "the screen is printed");
    await operator.picture("print");
    await operator.page.emulateMedia({ media: "screen" });
    await operator.leave();
  }],
];
