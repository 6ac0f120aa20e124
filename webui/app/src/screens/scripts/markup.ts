// The light markup of the ward's texts: paragraphs, lists, bold. It becomes plain data, never HTML.

export interface Span {
  text: string;
  bold: boolean;
}
export type Block = { kind: "paragraph"; lines: Span[][] } | { kind: "list"; items: Span[][] };

export function blocksOf(body: string): Block[] {
  const blocks: Block[] = [];
  for (const part of body.replace(/\r\n?/g, "\n").split(/\n\s*\n/)) {
    for (const line of part.split("\n").filter((l) => l.trim() !== "")) {
      const item = /^\s*(?:[-*] |・)(.*)$/.exec(line);
      const last = blocks.at(-1);
      if (item) {
        if (last?.kind === "list") last.items.push(spansOf(item[1]!));
        else blocks.push({ kind: "list", items: [spansOf(item[1]!)] });
      } else if (last?.kind === "paragraph" && line !== firstLine(part)) last.lines.push(spansOf(line));
      else blocks.push({ kind: "paragraph", lines: [spansOf(line)] });
    }
  }
  return blocks;
}

const firstLine = (part: string) => part.split("\n").find((l) => l.trim() !== "");

function spansOf(line: string): Span[] {
  return line
    .split("**")
    .map((text, i, all) => ({ text, bold: i % 2 === 1 && i < all.length - 1 }))
    .filter((span) => span.text !== "");
}
