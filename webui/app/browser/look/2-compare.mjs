// Every screen shown again as it was recorded, and held against how it looked then. A picture is kept as its average colours, in a grid:
// what moved, grew, vanished or changed its colour is found, what a newer font draws a little bolder is not. After a change that was meant,
// `make look` records and takes the pictures anew; look at them (test-results) before you commit.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { replay, scenes, serveFiles } from "../recording.mjs";

const file = new URL("fingerprints.json", import.meta.url);
const [across, down] = [40, 25];
const most = 10; // of 255, by which a cell may differ
const sizes = [[1280, 800], [1920, 1080]];
const taking = process.env.KAKERU_LOOK === "take";

export default [
  ["every screen looks as it did", async (house) => {
    const before = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
    const after = {};
    const faults = [];
    const files = await serveFiles();
    const measure = await (await house.browser.newContext()).newPage();
    try {
      for (const scene of scenes()) {
        for (const theme of ["light", "dark"]) {
          const { page, missing } = await replay(house.browser, files.url, scene, theme);
          for (const asked of missing) faults.push(`${scene.name}: asks what was not recorded: ${asked}`);
          for (const [width, height] of sizes) {
            await page.setViewportSize({ width, height });
            await page.waitForTimeout(150);
            const name = `${scene.name}-${theme}-${width}`;
            const shot = await page.screenshot({ path: `${house.pictures}/again-${name}.png`, animations: "disabled", caret: "hide" });
            after[name] = await fingerprint(measure, shot);
            if (taking) continue;
            const at = differs(before[name], after[name]);
            if (at) faults.push(`${name}: ${at}`);
          }
          await page.context().close();
        }
      }
    } finally {
      files.stop();
    }
    assert.ok(Object.keys(after).length > 100, "few screens were recorded: make look");
    if (taking) writeFileSync(file, `${JSON.stringify(after, null, 1)}\n`);
    assert.equal([...new Set(faults)].join("\n"), "");
  }],
];

/** The average colours of a picture, cell by cell, in base64. */
async function fingerprint(page, png) {
  return page.evaluate(
    async ([base64, across, down]) => {
      const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
      const canvas = new OffscreenCanvas(picture.width, picture.height);
      const drawing = canvas.getContext("2d", { willReadFrequently: true });
      drawing.drawImage(picture, 0, 0);
      const { data, width, height } = drawing.getImageData(0, 0, picture.width, picture.height);
      const sums = new Float64Array(across * down * 4);
      for (let y = 0; y < height; y++) {
        const row = Math.floor((y * down) / height) * across;
        for (let x = 0; x < width; x++) {
          const cell = (row + Math.floor((x * across) / width)) * 4;
          const at = (y * width + x) * 4;
          for (let c = 0; c < 3; c++) sums[cell + c] += data[at + c];
          sums[cell + 3]++;
        }
      }
      let bytes = "";
      for (let cell = 0; cell < across * down; cell++) for (let c = 0; c < 3; c++) bytes += String.fromCharCode(Math.round(sums[cell * 4 + c] / sums[cell * 4 + 3]));
      return btoa(bytes);
    },
    [png.toString("base64"), across, down],
  );
}

/** Where two differ most, in words; "" when they do not. */
function differs(was, is) {
  if (!was) return "is new: make look";
  const [a, b] = [Buffer.from(was, "base64"), Buffer.from(is, "base64")];
  let cells = 0;
  let worst = [0, 0];
  for (let i = 0; i < b.length; i++) {
    const by = Math.abs(a[i] - b[i]);
    if (by > most) cells++;
    if (by > worst[0]) worst = [by, Math.floor(i / 3)];
  }
  const place = `${Math.round(((worst[1] % across) / across) * 100)} % from the left, ${Math.round((Math.floor(worst[1] / across) / down) * 100)} % from the top`;
  return cells > 0 ? `looks different in ${cells} values, most (${worst[0]} of 255) at ${place}` : "";
}
