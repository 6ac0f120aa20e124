// What a machine can see of a screen that is not finished: text cut off or pushed out, keys in place of words, a control under another.
// It runs in the page (Page.evaluate) and returns sentences.

/** Says what looks unfinished of what is on the screen now. */
export function unfinished() {
  const found = new Set();
  const root = document.scrollingElement;
  if (root.scrollWidth > root.clientWidth + 1) found.add(`the page is ${root.scrollWidth} wide in a window of ${root.clientWidth}`);
  const told = (e) => `<${e.tagName.toLowerCase()}> ${(e.getAttribute("aria-label") ?? e.textContent ?? "").trim().replaceAll(/\s+/g, " ").slice(0, 50)}`;
  const seen = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !e.closest(".visually-hidden, [aria-hidden=true], option, script, style, title");
  const inside = (box) => box.width > 0 && box.height > 0 && box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth;
  // What has scrolled out of its own box is not on the screen.
  const scrolledOut = (e, x, y) => {
    for (let outer = e.parentElement; outer; outer = outer.parentElement) {
      const box = outer.getBoundingClientRect();
      if (getComputedStyle(outer).overflowY !== "visible" && (y < box.top || y > box.bottom || x < box.left || x > box.right)) return true;
    }
    return false;
  };

  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const text = node.data.trim();
    const owner = node.parentElement;
    if (text === "" || !owner || !seen(owner)) continue;
    if (/^[a-z_]+(\.[a-z_0-9]+)+$/.test(text) && !owner.closest("code, pre, textarea")) found.add(`a key in place of words: ${text}`);
    if (/\b(undefined|NaN|null|Infinity)\b|\[object |Invalid Date|\{\{/.test(text) && !owner.closest("code, pre")) found.add(`not meant for people: ${text.slice(0, 60)}`);
    const style = getComputedStyle(owner);
    if (parseFloat(style.fontSize) < 11.9) found.add(`${style.fontSize} is too small: ${told(owner)}`);
    const hides = [owner, owner.parentElement].find((e) => e && ["hidden", "clip"].includes(getComputedStyle(e).overflowX));
    if (hides && !hides.title && getComputedStyle(hides).textOverflow !== "ellipsis") {
      const range = document.createRange();
      range.selectNodeContents(node);
      const [words, box] = [range.getBoundingClientRect(), hides.getBoundingClientRect()];
      if (words.width > 0 && (words.right > box.right + 2 || words.left < box.left - 2)) found.add(`cut off: ${told(owner)}`);
    }
  }

  for (const e of document.querySelectorAll("button, a[href], input, select, textarea, [role=button], [role=tab], [role=menuitem]")) {
    if (!seen(e) || e.type === "hidden") continue;
    const box = e.getBoundingClientRect();
    const inline = e.tagName === "A" && getComputedStyle(e).display === "inline";
    if (e.tagName === "BUTTON" && (box.width < 23.5 || box.height < 23.5)) found.add(`${Math.round(box.width)}×${Math.round(box.height)} is hard to hit: ${told(e)}`);
    if (e.tagName === "BUTTON" && e.scrollWidth > e.clientWidth + 2 && !e.title) found.add(`words leave the button: ${told(e)}`);
    if (!inside(box) || inline || e.disabled) continue;
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    if (scrolledOut(e, x, y)) continue;
    const top = document.elementFromPoint(x, y);
    const same = top && (e.contains(top) || top.contains(e) || top.closest("label")?.contains(e) || e.closest("label")?.contains(top));
    const floats = top?.closest("[role=dialog], [role=menu], [role=alert], [class*=Notification], [class*=overlay], [class*=Overlay], header, footer, thead");
    if (top && !same && !floats) found.add(`${told(e)} lies under ${told(top)}`);
  }
  return [...found];
}
