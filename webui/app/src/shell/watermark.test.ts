import { describe, expect, it } from "vitest";
import { watermarkOf } from "./watermark";

const at = new Date("2026-11-24T00:05:00Z");

/** The texts of the picture; nothing else that a name could have brought may stand in it. */
function pictured(name: string): string[] {
  const value = watermarkOf(name, at);
  expect(value).toMatch(/^url\("data:image\/svg\+xml,[^"'()\\\s]*"\)$/);
  const svg = decodeURIComponent(value.slice('url("data:image/svg+xml,'.length, -2));
  const tags = svg.replace(/>[^<>]*</g, "><").match(/<\/?\w+/g);
  expect(tags).toEqual(["<svg", "<g", "<text", "</text", "<text", "</text", "</g", "</svg"]);
  return [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map((m) => m[1]!.replace(/&#(\d+);/g, (_, c) => String.fromCharCode(c)));
}

describe("the watermark", () => {
  it("says who looks, and when in Tokyo", () => {
    expect(pictured("見本 花子")).toEqual(["見本 花子", "2026-11-24 09:05"]);
  });

  it("holds any name as text", () => {
    for (const name of ["</text><script>alert(1)</script>", '"); background: url("https://elsewhere.example/', "a'b)c\\d", "😀 &amp; <b>"]) {
      expect(pictured(name)[0]).toBe(name);
    }
    expect(pictured("a\n\u0000b\uD800c")[0]).toBe("abc");
  });
});
