// What a page was told by the server, kept so that the same page can be shown again without one: the pictures of two days can then be
// held against each other. All people in it are made up (kakeru sample); passwords are left out.
import { createReadStream, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

const kept = new URL("look/recorded.json.gz", import.meta.url);
const dist = new URL("../dist", import.meta.url).pathname;

const keyOf = (request) => {
  const { pathname, search } = new URL(request.url());
  return `${request.method()} ${pathname}${search}${request.method() === "GET" ? "" : ` ${request.postData() ?? ""}`}`;
};

/** Listens to what a person's page is told from now on. */
export function record(person) {
  const told = { answers: {}, frames: [] };
  const { page } = person;
  page.on("request", (request) => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) Object.assign(told, { answers: {}, frames: [] });
  });
  page.on("response", async (response) => {
    const request = response.request();
    if (!new URL(request.url()).pathname.startsWith("/api/")) return;
    const { answers } = told;
    const body = await response.text().catch(() => null);
    if (body !== null) answers[keyOf(request)] = [response.status(), response.headers()["content-type"] ?? "", body];
  });
  page.on("websocket", (socket) => socket.on("framereceived", (f) => told.frames.push(String(f.payload))));
  person.told = told;
}

/** The scene that a person's page shows now. */
export async function scene(person, name, keys) {
  const { page, told } = person;
  await page.waitForLoadState("networkidle");
  const { pathname, search } = new URL(page.url());
  // Who is signed in was asked before they were, where they signed in on this very page.
  const [now, session, who] = await page.evaluate(async () => {
    const answer = await fetch("/api/session");
    return [Date.now(), { ...sessionStorage }, [answer.status, answer.headers.get("content-type"), await answer.text()]];
  });
  const answers = Object.fromEntries(Object.entries(told.answers).filter(([key]) => !/ \/api\/live/.test(key)));
  answers["GET /api/session"] = who;
  if (answers["GET /api/demo"]) answers["GET /api/demo"][2] = answers["GET /api/demo"][2].replaceAll(/"password":"[^"]*"/g, '"password":""');
  return { name, path: pathname + search, now, keys, session, answers, frames: [...told.frames] };
}

export const keep = (scenes) => writeFileSync(kept, gzipSync(JSON.stringify(scenes), { level: 9 }));
export const scenes = () => (existsSync(kept) ? JSON.parse(gunzipSync(readFileSync(kept)).toString()) : []);

const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

/** Serves the panel's files, and nothing else. */
export async function serveFiles() {
  const server = createServer((request, answer) => {
    const path = normalize(new URL(request.url, "http://x").pathname);
    const file = existsSync(join(dist, path)) && extname(path) ? join(dist, path) : join(dist, "index.html");
    answer.setHeader("Content-Type", types[extname(file)] ?? "application/octet-stream");
    createReadStream(file).pipe(answer);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

/** Shows a scene in a page of its own, as it was: the same answers, the same frames, the same moment. */
export async function replay(browser, url, { path, now, keys, session, answers, frames }, theme) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "ja-JP" });
  const page = await context.newPage();
  await page.clock.setFixedTime(now);
  await context.addInitScript(
    ([theme, session]) => {
      localStorage.setItem("kakeru-scheme", theme);
      for (const [key, value] of Object.entries(session)) sessionStorage.setItem(key, value);
    },
    [theme, session],
  );
  const missing = new Set();
  await page.route("**/api/**", (route) => {
    const found = answers[keyOf(route.request())];
    const asked = keyOf(route.request()).split(" ").slice(0, 2).join(" ");
    if (!found && !/\/touched$/.test(asked)) missing.add(asked); // that a key was pressed is told when it is time to, and shows nothing here
    const [status, contentType, body] = found ?? [204, "", ""];
    return route.fulfill({ status, contentType, body });
  });
  // Frames come after the answers, each time in the same order: else what an answer says would be the last word in one run and not in the next.
  let answered = false;
  const waiting = [];
  const tell = (socket) => frames.forEach((f) => socket.send(f));
  await page.routeWebSocket("**/api/live**", (socket) => (answered ? tell(socket) : waiting.push(socket)));
  await page.goto(url + path);
  await page.waitForLoadState("networkidle");
  answered = true;
  waiting.forEach(tell);
  if (frames.length > 0) await page.locator("[data-link=live]").waitFor();
  for (const step of keys) {
    if (step.startsWith("click:")) await page.locator(step.slice(6)).click();
    else if (step.startsWith("type:")) await page.keyboard.type(step.slice(5));
    else await page.keyboard.press(step);
  }
  await page.waitForLoadState("networkidle");
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(350); // what comes in slides has come
  return { page, missing };
}
