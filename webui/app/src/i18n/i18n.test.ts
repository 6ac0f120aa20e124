import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import en from "./en.json";
import enScreens from "./en.screens.json";
import ja from "./ja.json";
import jaScreens from "./ja.screens.json";
import vi from "./vi.json";
import zh from "./zh.json";

type Words = { [name: string]: string | Words };

function flat(words: Words, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(words)) {
    const at = path ? `${path}.${name}` : name;
    if (typeof value === "string") found.set(at, value);
    else for (const [key, text] of flat(value, at)) found.set(key, text);
  }
  return found;
}

const japanese = flat({ ...ja, ...jaScreens });
const english = flat({ ...en, ...enScreens });
const source = new URL("..", import.meta.url).pathname;
const files = sourceFiles();
const holes = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort();

function sourceFiles(): { name: string; text: string }[] {
  const names = readdirSync(source, { recursive: true }).map(String);
  return names
    .filter((name) => /\.tsx?$/.test(name) && !/\.(test|d)\.tsx?$/.test(name))
    .map((name) => ({ name, text: readFileSync(source + name, "utf8") }));
}

describe("the language files", () => {
  it("have the same keys", () => expect([...english.keys()]).toEqual([...japanese.keys()]));

  it("say each thing in one file", () => {
    for (const [words, screens] of [
      [ja, jaScreens],
      [en, enScreens],
    ]) {
      expect(Object.keys(words!).filter((section) => section in screens!)).toEqual([]);
    }
  });

  it("have what the first load says in the file that comes with it", () => {
    for (const { name, text } of files.filter((f) => !/^screens\//.test(f.name) || /^screens\/(desk|signin)\//.test(f.name))) {
      for (const [, section] of text.matchAll(/["`]([a-z_]+)\.[a-z_$]/g)) expect(section! in jaScreens, `${name}: ${section}`).toBe(false);
    }
  });

  it("have in Chinese and Vietnamese every result, party and kind of call, and nothing else", () => {
    const said = ["result", "party", "business", "inbound_kind", "announcement"];
    const frame = /^(inbound_kind\.(title|short|said)|announcement\.(title|says\..*))$/; // not what is chosen, but what stands around it
    const wanted = [...japanese.keys()].filter((key) => said.includes(key.split(".")[0]!) && !frame.test(key)).sort();
    for (const words of [zh, vi]) {
      expect([...flat(words).keys()].sort()).toEqual(wanted);
      for (const [key, text] of flat(words)) expect(text, key).not.toBe("");
    }
  });

  it("leave no text empty, and fill in the same things", () => {
    for (const [key, text] of japanese) {
      expect(text, key).not.toBe("");
      expect(english.get(key), key).not.toBe("");
      expect(holes(english.get(key)!), key).toEqual(holes(text));
    }
  });

  it("hold every word: no Japanese stands in the screens themselves", () => {
    expect(files.length).toBeGreaterThan(40);
    for (const { name, text } of files) {
      if (!name.endsWith(".tsx")) continue;
      const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
      const found = code.match(/[\u3041-\u30ff\u4e00-\u9fff]+/g) ?? [];
      expect(found, name).toEqual([]);
    }
  });

  it("say in words what every route is that the record names", () => {
    const table = readFileSync(`${source}../../auth/table.go`, "utf8");
    const noted = [...table.matchAll(/\{Route: "([^"]+)"[^\n]*Noted:/g)].map(([, route]) => route!);
    expect(noted.length).toBeGreaterThan(70);
    expect(noted.filter((route) => !japanese.has(`audit.what.${route}`))).toEqual([]);
    expect(Object.keys(jaScreens.audit.what).filter((route) => !noted.includes(route))).toEqual([]);
  });

  it("have every key the screens ask for", () => {
    for (const { name, text } of files) {
      for (const [, key] of text.matchAll(/\bt\(\s*"([a-z_.0-9]+)"/g)) expect(japanese.has(key!), `${name}: ${key}`).toBe(true);
      for (const [, start] of text.matchAll(/\bt\(\s*`([a-z_.0-9]+)\.\$\{/g)) {
        const some = [...japanese.keys()].some((key) => key.startsWith(`${start}.`));
        expect(some, `${name}: ${start}`).toBe(true);
      }
    }
  });

  it("hold nothing that no screen asks for", () => {
    const all = files.map((f) => f.text).join("\n");
    const asked = new Set([...all.matchAll(/"([a-z_]+(?:\.[a-z_0-9]+)+)"/g)].map((m) => m[1]));
    const starts = [...all.matchAll(/`([a-z_.0-9]+)\.\$\{/g)].map((m) => `${m[1]}.`);
    const unused = [...japanese.keys()].filter((key) => !asked.has(key) && !starts.some((start) => key.startsWith(start)));
    expect(unused).toEqual([]);
  });
});
