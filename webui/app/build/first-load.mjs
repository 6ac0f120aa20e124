// Prints how much a browser fetches before the sign-in screen stands (gzip), and fails the build above the limit.
import { readFileSync, rmSync } from "node:fs";
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

const size = (file) => gzipSync(readFileSync(new URL(file, dist))).length;
const total = [...files].reduce((sum, file) => sum + size(file), 0);
const kB = (total / 1000).toFixed(1);
console.log(`first load: ${kB} kB gzip in ${files.size} files (limit ${limitKB} kB)`);
rmSync(new URL(".vite", dist), { recursive: true }); // of no use to a browser
if (total > limitKB * 1000) process.exit(1);
