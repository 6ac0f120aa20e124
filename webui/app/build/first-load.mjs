// Prints how much a browser fetches before the sign-in screen stands (gzip), and fails the build above the limit; or when a component
// of Mantine's is used whose styles are not (src/theme/mantine.ts).
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";

const limitKB = 300;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

const files = new Set(["index.html", "scheme.js"]);
const take = (name) => {
  const chunk = manifest[name];
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  chunk.css?.forEach((css) => files.add(css));
  chunk.imports?.forEach(take);
};
take("index.html");

const built = (end) => readdirSync(new URL("assets/", dist)).filter((f) => f.endsWith(end)).map((f) => readFileSync(new URL(`assets/${f}`, dist), "utf8")).join();
const [scripts, styles] = [built(".js"), built(".css")];
const theirs = createRequire(import.meta.url).resolve("@mantine/core/styles.css").replace(/\.css$/, "/");
const missing = readdirSync(theirs).filter((f) => /^[A-Z]\w*\.css$/.test(f)).filter((f) => {
  const classes = new Set(readFileSync(theirs + f, "utf8").match(/\bm_[0-9a-f]{6,8}\b/g));
  return [...classes].some((c) => scripts.includes(`"${c}"`) || scripts.includes(`\`${c}\``)) && ![...classes].every((c) => styles.includes(c));
});
if (missing.length > 0) {
  console.log(`these components are used without their styles; add them to src/theme/mantine.ts: ${missing.join(", ")}`);
  process.exit(1);
}

const size = (file) => gzipSync(readFileSync(new URL(file, dist))).length;
const total = [...files].reduce((sum, file) => sum + size(file), 0);
const kB = (total / 1000).toFixed(1);
console.log(`first load: ${kB} kB gzip in ${files.size} files (limit ${limitKB} kB)`);
rmSync(new URL(".vite", dist), { recursive: true }); // of no use to a browser
if (total > limitKB * 1000) process.exit(1);
