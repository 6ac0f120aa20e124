import assert from "node:assert/strict";
import { Person } from "../person.mjs";
import { startProvider } from "../provider.mjs";
import { startServer } from "../server.mjs";

export default [
  ["directory: the administrator links a person, who signs in by the ward's directory; a stranger of it is told why not", async (house) => {
    if (process.env.KAKERU_URL) return; // a server of its own is needed
    const provider = await startProvider(["taro@ward.example", "stranger@ward.example"]);
    const own = await startServer(["--fast", "--directory", provider.issuer]);
    // The way back is the server's own name, not its address.
    const server = { ...own, url: own.url.replace("127.0.0.1", "localhost") };
    try {
      await links({ ...house, server }, provider);
    } finally {
      await own.stop();
      await provider.stop();
    }
  }],
];

async function links(house, provider) {
  const admin = await Person.come(house, "admin");
  await admin.signIn("/users");
  await admin.page.getByRole("row", { name: "operator2" }).getByRole("button", { name: "変更" }).click();
  const form = admin.page.getByRole("dialog");
  await form.getByLabel("区の認証での名前").fill("taro@ward.example");
  await admin.accessible("linking a person");
  await admin.picture("people-linked");
  await form.getByRole("button", { name: "保存" }).click();
  await form.waitFor({ state: "detached" });

  const person = await Person.come(house, "operator2");
  person.mayAsk = provider.issuer;
  const { page } = person;
  await person.go("/");
  const button = page.getByRole("button", { name: "区の認証でサインイン" });
  await button.waitFor();
  await person.accessible("signing in, with a directory");
  await person.picture("people-directory");
  await button.click();
  await page.getByRole("link", { name: "stranger@ward.example" }).click();
  await page.getByRole("alert").getByText("結び付けられていません").waitFor();
  await person.accessible("a stranger of the directory");
  await person.picture("people-directory-nobody");

  await button.click();
  await page.getByRole("link", { name: "taro@ward.example" }).click();
  await person.sees("[data-link=live]");
  const who = (await person.api("/api/session")).data;
  assert.equal(who.user.login, "operator2");
  assert.equal(who.step, "done");
  const cookies = await person.context.cookies();
  assert.equal(cookies.find((c) => c.name === "kakeru_session").sameSite, "Strict");
  assert.ok(!cookies.some((c) => c.name === "kakeru_directory"), "the cookie of the way there stays");
  await page.reload(); // and it is not only the first page that has it
  await person.sees("[data-link=live]");

  // A factor may be added without the password, just after; and the lock is lifted by the directory too.
  await person.go("/account");
  const factors = page.getByRole("region", { name: "二要素認証" });
  await factors.getByRole("button", { name: "認証アプリを登録" }).waitFor();
  await person.picture("people-directory-account");
  assert.equal((await person.api("/api/session/lock", "POST")).status, 204);
  await page.reload();
  await page.getByRole("heading", { name: "画面ロック中" }).waitFor();
  await person.picture("people-directory-locked");
  await button.click();
  await page.getByRole("link", { name: "taro@ward.example" }).click();
  await person.sees("[data-link=live]");

  await page.waitForTimeout(5_100); // so long it is believed to be there
  provider.down();
  await person.api("/api/session", "DELETE");
  await person.go("/");
  await button.click();
  await page.getByRole("alert").getByText("区の認証につながりません").waitFor();
  await person.picture("people-directory-down");
  provider.up();
  await person.leave();
  await admin.leave();
}
