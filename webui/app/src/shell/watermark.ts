import { timeOfDay, tokyoDate } from "../format/time";

/** The picture that lies over every screen: who looks, and when. As a CSS value; what stands in a name cannot leave it. */
export function watermarkOf(name: string, at: Date): string {
  const lines = [name, `${tokyoDate(at.getTime())} ${timeOfDay(at.toISOString(), "ja")}`].map(escaped);
  const texts = lines.map((line, i) => `<text x="20" y="${150 + i * 20}">${line}</text>`).join("");
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="190">` +
    `<g transform="rotate(-24 20 150)" font-family="sans-serif" font-size="15" fill="#808890" fill-opacity="0.2">${texts}</g></svg>`;
  return `url("data:image/svg+xml,${encodeURIComponent(svg).replaceAll("'", "%27").replaceAll("(", "%28").replaceAll(")", "%29")}")`;
}

const escaped = (text: string) =>
  // Nothing that is no character of XML, and none of its signs.
  text.replace(/[^\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "").replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
