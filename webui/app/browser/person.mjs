// A person at a browser of their own: what they press, what they see, and what the API tells them.
import assert from "node:assert/strict";
import axe from "axe-core";

const patience = 20_000;

export class Person {
  static async come(house, login, { locale = "ja-JP" } = {}) {
    const context = await house.browser.newContext({ viewport: { width: 1280, height: 800 }, locale });
    const page = await context.newPage();
    page.setDefaultTimeout(patience);
    const person = new Person(house, login, context, page);
    page.on("websocket", (socket) => socket.on("framereceived", (f) => person.frames.push(JSON.parse(String(f.payload)))));
    // What the page's own rules stop, and whatever would go to somebody else's server, is a fault.
    await context.addInitScript(() => {
      addEventListener("securitypolicyviolation", (e) => console.error(`Content Security Policy: ${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile ?? ""}`));
    });
    page.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (!["data:", "blob:"].includes(protocol) && origin !== new URL(house.server.url).origin && origin !== person.mayAsk) person.faults.push(`asked ${origin}`);
    });
    page.on("dialog", (dialog) => {
      if (person.expects && dialog.message().includes(person.expects)) {
        person.expects = "";
        void dialog.accept().catch(() => {});
        return;
      }
      if (dialog.type() !== "beforeunload") person.faults.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss().catch(() => {});
    });
    page.on("pageerror", (error) => person.faults.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" && /Content Security Policy|React/.test(message.text())) person.faults.push(message.text());
    });
    return person;
  }

  constructor(house, login, context, page) {
    Object.assign(this, { house, login, context, page });
    this.frames = []; // what the live connection brought
    this.mayAsk = ""; // another server that the page may go to
    this.faults = []; // errors that nobody caught in the page: none is allowed
  }

  go(path) {
    return this.page.goto(this.house.server.url + path);
  }

  async signIn(path = "/") {
    await this.go(path);
    await this.page.getByLabel("ログイン名").fill(this.login);
    await this.page.getByLabel("パスワード", { exact: true }).fill(this.house.server.logins[this.login]);
    await this.page.keyboard.press("Enter");
    await this.page.locator("[data-link=live]").waitFor();
  }

  async leave() {
    await this.context.close();
    assert.deepEqual(this.faults, [], `errors in ${this.login}'s page`);
  }

  press(...keys) {
    return keys.reduce((before, key) => before.then(() => this.page.keyboard.press(key)), Promise.resolve());
  }

  sees(selector) {
    return this.page.locator(selector).first().waitFor();
  }

  /** Waits until ask gives something true, and returns it. */
  async until(what, ask) {
    const end = Date.now() + patience;
    for (;;) {
      const found = await ask();
      if (found) return found;
      if (Date.now() > end) throw new Error(`${this.login} waited in vain: ${what}`);
      await this.page.waitForTimeout(50);
    }
  }

  /** Asks the API with this person's own session. */
  api(path, method = "GET", body) {
    return this.page.evaluate(
      async ([path, method, body]) => {
        const answer = await fetch(path, {
          method,
          headers: body ? { "Content-Type": "application/json" } : {},
          body: body ? JSON.stringify(body) : undefined,
        });
        const text = await answer.text();
        return { status: answer.status, data: text ? JSON.parse(text) : null };
      },
      [path, method, body],
    );
  }

  async countToday() {
    return (await this.api("/api/progress")).data.today.attempts;
  }

  /** Takes a picture for people to look at. */
  async picture(name) {
    await this.page.screenshot({ path: `${this.house.pictures}/${name}.png`, animations: "disabled" });
  }

  /** Nothing on the screen may keep anybody out (WCAG 2.2 AA, as far as a machine can tell). */
  async accessible(what) {
    await this.page.mouse.move(0, 0); // no tooltip
    await this.page.waitForTimeout(350); // colours must have finished changing
    await this.page.evaluate(axe.source);
    const { violations } = await this.page.evaluate(() =>
      globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
    );
    const found = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join("; ")}`);
    assert.deepEqual(found, [], `axe on ${what}`);
  }

  // --- the ward's ---

  /** Reads a case's wish for instalments on the board, and answers it there; look sees it first. boss says which of the wishes it is. */
  async answerInstalments(about, boss, look = async () => {}) {
    const { id } = await boss.until("the hand-off", async () =>
      (await boss.api("/api/handoffs?limit=500")).data.items.find((h) => h.case_id === about.id && h.kind === "instalments" && h.state === "open"),
    );
    await this.page.locator(`tr[data-handoff="${id}"]`).getByRole("button", { name: "分割希望" }).click();
    const drawer = this.page.getByRole("dialog");
    await drawer.getByText(about.name).waitFor();
    await look();
    await drawer.getByRole("button", { name: "確認した" }).click();
    await drawer.getByLabel("内容").fill("窓口で相談をお受けします。");
    await drawer.getByRole("button", { name: "回答する" }).click();
    await drawer.getByText("窓口で相談をお受けします。").waitFor();
  }

  // --- at the desk ---

  /** Signs in and goes to the desk; sits down at the first free one unless there is a seat already. */
  async atDesk() {
    await this.signIn("/desk");
    const free = this.page.getByRole("button", { name: "着席する" });
    const here = this.page.getByRole("button", { name: "この画面で続ける" });
    const there = this.page.locator("[data-phase]");
    await this.until("the desk or a seat", async () => (await there.count()) + (await free.count()) + (await here.count()));
    if (await here.count()) await here.click(); // another panel of this person was closed without signing out
    else if ((await there.count()) === 0) await free.first().click();
    await this.sees("section[data-case]");
  }

  shownCase() {
    return this.page.locator("section[data-case]").first().getAttribute("data-case");
  }

  phase() {
    return this.page.locator("[data-phase]").getAttribute("data-phase");
  }

  /** Finds a case by its 宛名番号, all by keyboard, and puts it on the desk. */
  async present(about) {
    await this.until("the desk to be idle", async () => (await this.phase()) === "idle");
    if ((await this.shownCase()) !== about.id) {
      await this.press("/");
      await this.page.keyboard.type(about.ward_number); // at once, as people do
      await this.sees(`tr[data-case="${about.id}"]`);
      await this.press("Enter");
      await this.sees(`section[data-case="${about.id}"]`);
      await this.page.getByRole("dialog").waitFor({ state: "hidden" });
    }
    await this.until("the button", () => this.page.locator("button[aria-keyshortcuts=Enter]:not([aria-disabled])").count());
    await this.page.waitForTimeout(500); // the panel ignores Enter for a breath after a case has come
  }

  /** Dials the case that stands there and returns the attempt's id. */
  async dial() {
    const [answer] = await Promise.all([
      this.page.waitForResponse((r) => r.url().endsWith("/api/calls") && r.request().method() === "POST"),
      this.press("Enter"),
    ]);
    assert.equal(answer.status(), 202, `dialling was refused: ${await answer.text()}`);
    const { attempt_id } = await answer.json();
    return attempt_id;
  }
}

/** A supervisor at the board and an operator at the desk, signed in. */
export async function pair(house) {
  const supervisor = await Person.come(house, "supervisor");
  await supervisor.signIn("/board");
  const operator = await Person.come(house, "operator1");
  await operator.atDesk();
  return [operator, supervisor];
}

/** Finds cases by the last two digits of the number that would be dialled, each once. */
export async function casesByEnding(supervisor, taken = new Set()) {
  const found = new Map();
  const { items } = (await supervisor.api("/api/queue?limit=500")).data;
  for (const item of items) {
    if ((item.desk && item.desk !== "desk1") || taken.has(item.case_id)) continue;
    const about = (await supervisor.api(`/api/cases/${item.case_id}`)).data.case;
    const number = about.phones.find((p) => p.usable)?.number ?? "";
    const ending = number.slice(-2);
    if (!found.has(ending)) found.set(ending, []);
    found.get(ending).push(about);
  }
  return (ending) => {
    const about = found.get(ending)?.shift();
    assert.ok(about, `no case left with a number ending ${ending}; there are ${[...found.keys()].sort().join(" ")}`);
    taken.add(about.id);
    return about;
  };
}
