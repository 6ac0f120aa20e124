// The two ways to work a screen: by keys alone, and by the mouse alone. What the other one would do throws.
import assert from "node:assert/strict";

const mostTabs = 1000; // from anywhere to anywhere on a screen

/** Has every method of a device throw, but some. */
export function forbid(device, name, but = []) {
  for (const method of Object.getOwnPropertyNames(Object.getPrototypeOf(device))) {
    if (method === "constructor" || method.startsWith("_") || but.includes(method) || typeof device[method] !== "function") continue;
    device[method] = () => {
      throw new Error(`the ${name} is forbidden here: ${method}`);
    };
  }
}

/** Clicks, and no key but what a text field takes. */
export function byMouse(me) {
  forbid(me.page.keyboard, "keyboard", ["insertText"]);
  return {
    name: "mouse",
    press: (where) => where.first().click(),
    type: (where, text) => where.first().fill(text),
    // A switch's and a radio's own box is under what is seen of it.
    choose: async (where) => {
      const id = await where.first().getAttribute("id");
      await me.page.locator(`label[for="${id}"]`).first().click();
    },
    pick: async (where, option) => {
      await where.first().click();
      await me.page.getByRole("option", { name: option }).first().click();
    },
    close: async () => {
      const all = me.page.getByRole("dialog");
      const before = await all.count();
      await all.last().getByRole("button", { name: "閉じる" }).first().click();
      await me.until("the dialog to be gone", async () => (await all.count()) < before);
    },
  };
}

/** Tab, arrows, Enter, Escape. Where the focus comes to it must be seen, and it is never lost. */
export function byKeys(me) {
  forbid(me.page.mouse, "mouse");
  const { page } = me;

  async function reach(where) {
    const target = where.first();
    await there(target);
    for (let tabs = 0; tabs < mostTabs; tabs++) {
      const at = await target.evaluate((e) => {
        const here = document.activeElement;
        if (here === e || (e.tagName === "LABEL" && e.control === here)) return "here";
        const one = (e.tagName === "LABEL" && e.control) || e;
        if (here?.type === "radio" && here.name && here.name === one.name) return "beside";
        const set = here?.closest("[role=tablist],[role=menu],[role=listbox]");
        return set && set.contains(one) ? "beside" : "away";
      });
      if (at === "here") return seen();
      await page.keyboard.press(at === "beside" ? ((await inMenu()) ? "ArrowDown" : "ArrowRight") : "Tab");
    }
    throw new Error(`${me.login} never came to ${target} by Tab`);
  }

  /** Waits until it can be seen. What is seen of a radio and of a switch is its label: its own box has no size. */
  async function there(target) {
    await target.waitFor({ state: "attached" });
    await me.until(`${target} to be seen`, () => target.evaluate((e) => [e, ...(e.labels ?? [])].some((one) => one.checkVisibility() && one.getClientRects().length && one.offsetWidth > 0)));
  }

  const inMenu = () => page.evaluate(() => !!document.activeElement?.closest("[role=menu],[role=listbox]"));

  /** That the focus can be seen: an outline, a shadow or another border than at rest. A radio's and a switch's is drawn by its label. */
  async function seen() {
    const shown = await page.evaluate(() => {
      const e = document.activeElement;
      const box = e.matches("[type=radio], [type=checkbox]");
      const drawn = [e, ...(box ? [...e.labels, e.nextElementSibling] : [])].some((one) => {
        const style = one && getComputedStyle(one);
        return style && ((style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none");
      });
      const field = !box && e.matches("input, textarea, select");
      return (e.matches(":focus-visible") && (drawn || field)) || e.matches("[role=menuitem], [role=option]") || `${e.tagName} ${e.className} ${e.textContent?.slice(0, 30)}`;
    });
    assert.equal(shown, true, `the focus is not seen on ${shown}`);
  }

  /** After a press the focus stands on something, however the screen has changed. */
  async function kept(after) {
    await me.until(`the focus after ${after}`, () => page.evaluate(() => document.activeElement && document.activeElement !== document.body));
  }

  return {
    name: "keyboard",
    press: async (where) => {
      await reach(where);
      await page.keyboard.press("Enter");
      await kept(where);
    },
    type: async (where, text) => {
      await reach(where);
      await page.keyboard.press("Control+a");
      await page.keyboard.insertText(text);
    },
    choose: async (where) => {
      await reach(where);
      await page.keyboard.press("Space");
      await kept(where);
    },
    pick: async (where, option) => {
      await reach(where);
      await page.keyboard.press("Enter");
      const wanted = page.getByRole("option", { name: option }).first();
      await wanted.waitFor();
      for (let i = 0; i < 30 && !(await wanted.evaluate((e) => e.hasAttribute("data-combobox-selected"))); i++) await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await kept(where);
    },
    close: async () => {
      const all = page.getByRole("dialog");
      const before = await all.count();
      await page.keyboard.press("Escape");
      await me.until("the dialog to be gone", async () => (await all.count()) < before);
      await kept("a dialog closed");
    },
  };
}
