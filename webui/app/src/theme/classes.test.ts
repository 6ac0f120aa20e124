import { readdirSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const source = new URL("..", import.meta.url).pathname;
const screens = readdirSync(source, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith(".tsx"));

/** The classes that a screen asks a stylesheet for and that do not stand there: what has one is drawn as browsers draw it. */
function missing(name: string): string[] {
  const text = readFileSync(source + name, "utf8");
  return [...text.matchAll(/^import (\w+) from "([^"]+\.module\.css)";$/gm)].flatMap(([line, sheet, path]) => {
    const styles = readFileSync(resolve(dirname(source + name), path!), "utf8");
    const asked = [...text.replace(line, "").matchAll(new RegExp(`\\b${sheet}\\.(\\w+)`, "g"))].map((m) => m[1]!);
    return asked.filter((one) => !new RegExp(`\\.${one}\\b`).test(styles)).map((one) => `${name}: ${sheet}.${one}`);
  });
}

describe("the classes of the screens", () => {
  it("stand in the stylesheets", () => {
    expect(screens.length).toBeGreaterThan(100);
    expect(screens.flatMap(missing)).toEqual([]);
  });
});
