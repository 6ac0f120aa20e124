// A small OpenID provider on this machine: a page with one button for each of its people, who are asked no password. For the browser
// tests alone; what Kakeru checks of a provider is tested in webui/auth.
import { createHash, createSign, generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";

const b64 = (what) => Buffer.from(typeof what === "string" ? what : JSON.stringify(what)).toString("base64url");

/** Starts one; people are the names it knows. down() has it answer nothing, up() ends that. */
export async function startProvider(people) {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const codes = new Map();
  let away = false;
  let issuer = "";
  const json = (response, body, status = 200) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));

  const routes = {
    "GET /.well-known/openid-configuration": (_, response) =>
      json(response, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        id_token_signing_alg_values_supported: ["RS256"],
      }),
    "GET /keys": (_, response) => json(response, { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "1", alg: "RS256", use: "sig" }] }),
    "GET /authorize": ({ url }, response) => {
      const back = new URL(url.searchParams.get("redirect_uri"));
      const links = people.map((name) => {
        const code = randomBytes(16).toString("hex");
        codes.set(code, { name, nonce: url.searchParams.get("nonce"), challenge: url.searchParams.get("code_challenge") });
        back.search = new URLSearchParams({ code, state: url.searchParams.get("state") });
        return `<p><a href="${back.href.replaceAll("&", "&amp;")}">${name}</a></p>`;
      });
      response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(`<!doctype html><title>Directory</title><h1>Directory</h1>${links.join("")}`);
    },
    "POST /token": ({ body }, response) => {
      const asked = codes.get(body.get("code"));
      codes.delete(body.get("code"));
      if (!asked || createHash("sha256").update(body.get("code_verifier")).digest("base64url") !== asked.challenge) return json(response, { error: "invalid_grant" }, 400);
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: issuer, aud: "kakeru", sub: asked.name, preferred_username: asked.name, nonce: asked.nonce, iat: now, exp: now + 60, auth_time: now };
      const text = `${b64({ alg: "RS256", kid: "1" })}.${b64(claims)}`;
      const signature = createSign("RSA-SHA256").update(text).sign(privateKey, "base64url");
      json(response, { access_token: "unused", token_type: "Bearer", id_token: `${text}.${signature}` });
    },
  };
  const server = createServer((request, response) => {
    if (away) return request.socket.destroy();
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const url = new URL(request.url, issuer);
      const route = routes[`${request.method} ${url.pathname}`];
      if (!route) return response.writeHead(404).end();
      route({ url, body: new URLSearchParams(Buffer.concat(chunks).toString()) }, response);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${server.address().port}`;
  return {
    issuer,
    down: () => (away = true),
    up: () => (away = false),
    stop: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}
