// Starts the real server for the browser tests, in a state folder of its own, and stops it again. With KAKERU_URL and
// KAKERU_LOGINS ({"operator1": "password", …}) a server that runs already is used instead.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const binary = process.env.KAKERU_BIN ?? new URL("../../../bin/kakeru", import.meta.url).pathname;
const startWithin = 90_000;
const stopWithin = 30_000;

export async function startServer(how = ["--fast"]) {
  if (process.env.KAKERU_URL) {
    const logins = JSON.parse(process.env.KAKERU_LOGINS ?? "{}");
    return { url: process.env.KAKERU_URL.replace(/\/$/, ""), logins, incoming: process.env.KAKERU_INCOMING ?? null, restart: null, stop: async () => {} };
  }
  // Short, because the path of a unix socket in it may have 107 bytes at most.
  const state = mkdtempSync(join(tmpdir(), "kakeru-browser-"));
  const address = `127.0.0.1:${await freePort()}`;
  const server = { url: `http://${address}`, logins: {}, incoming: null };
  let child = await run([...how, "--reset"], state, address, server);
  server.restart = async () => {
    await end(child);
    child = await run(how, state, address, server);
  };
  server.stop = async () => {
    await end(child);
    rmSync(state, { recursive: true, force: true });
  };
  return server;
}

async function run(more, state, address, server) {
  const child = spawn(binary, ["demo", "--always-open", ...more], {
    env: { ...process.env, KAKERU_STATE: state, KAKERU_HTTP_ADDR: address },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const said = [];
  const ready = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the server was not ready in time: ${said.join("\n")}`)), startWithin);
    const hear = (line) => {
      said.push(line);
      const [word, name, password] = line.split(/\s+/);
      if (word === "login" && password) server.logins[name] = password;
      server.incoming = /lab call --to (\S+)/.exec(line)?.[1] ?? server.incoming;
      if (line.startsWith("kakeru ready ")) {
        clearTimeout(timer);
        resolve();
      }
    };
    createInterface({ input: child.stdout }).on("line", hear);
    createInterface({ input: child.stderr }).on("line", (line) => said.push(line));
    child.once("error", (error) => reject(new Error(`${binary} cannot be started (make build first): ${error.message}`)));
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${said.join("\n")}`)));
  });
  await ready;
  return child;
}

function end(child) {
  running.delete(child);
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), stopWithin);
    child.removeAllListeners("exit");
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill("SIGTERM");
  });
}

// Whatever becomes of the tests, no server is left behind.
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGTERM")));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
