/** What a person typed as a day: an input method may have written its digits and hyphens wide. */
export const typedDay = (text: string) => text.normalize("NFKC").replace(/[‐‑–—―−ー]/g, "-").trim();

/** Whether the contract's end was confirmed: the day that is closed was typed whole. The server looks once more. */
export const confirms = (text: string, day: string) => day !== "" && typedDay(text) === day;
