import { describe, expect, it } from "vitest";
import { blocksOf } from "./markup";

const plain = (text: string) => [{ text, bold: false }];

describe("the markup of pages", () => {
  it("knows paragraphs with their lines, lists and bold", () => {
    expect(blocksOf("one\ntwo\n\nthree **four** five\n\n- a\n- b\nsix")).toEqual([
      { kind: "paragraph", lines: [plain("one"), plain("two")] },
      {
        kind: "paragraph",
        lines: [[{ text: "three ", bold: false }, { text: "four", bold: true }, { text: " five", bold: false }]],
      },
      { kind: "list", items: [plain("a"), plain("b")] },
      { kind: "paragraph", lines: [plain("six")] },
    ]);
  });

  it("leaves everything else as it was typed", () => {
    expect(blocksOf("<b>x</b> [y](javascript:z)")).toEqual([{ kind: "paragraph", lines: [plain("<b>x</b> [y](javascript:z)")] }]);
    expect(blocksOf("an **unclosed")).toEqual([{ kind: "paragraph", lines: [[{ text: "an ", bold: false }, { text: "unclosed", bold: false }]] }]);
    expect(blocksOf(" \n\n")).toEqual([]);
  });
});
