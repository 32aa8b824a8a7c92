/**
 * What differs between completions, painted over their words by the CSS Custom Highlight API: neither the
 * stored text nor the page's elements change. With more than two, each is compared with a chosen one.
 */

import { announce } from "./page.js";
import { keeper } from "./storage.js";
import { differences } from "./words.js";

const ON = "tandem-diff";
const BLOCKS = "p, li, td, th, h1, h2, h3, h4, h5, h6, pre, blockquote, .math";
const local = keeper(() => localStorage);
const isAble = typeof Highlight === "function" && "highlights" in CSS;
let chosen = 0; // the completion that the others are compared with, by its place

/** @returns {HTMLElement[]} */
const completions = () => [...document.querySelectorAll("[data-shelf] > .completion")];
const isOn = () => isAble && local.getItem(ON) === "yes";

/** Paints what differs on the present item, or nothing. */
export function compareAnew() {
  const all = completions();
  chosen = Math.min(chosen, Math.max(0, all.length - 1));
  for (const button of document.querySelectorAll("[data-do=diff]")) {
    button.toggleAttribute("hidden", !isAble);
    button.setAttribute("aria-pressed", String(isOn()));
  }
  for (const button of document.querySelectorAll("[data-do=against]")) {
    button.toggleAttribute("hidden", !isOn());
    const words = button.querySelector("span");
    if (words) words.textContent = `Against ${all[chosen]?.dataset.letter ?? ""}`;
  }
  wipe(all);
  if (isOn() && all.length > 1) compare(all);
}

/** @param {HTMLElement[]} all */
function wipe(all) {
  if (!isAble) return;
  CSS.highlights.delete("tandem-chosen");
  CSS.highlights.delete("tandem-other");
  for (const each of all) note(each, "");
}

/** @param {HTMLElement[]} all */
function compare(all) {
  const texts = all.map(readable);
  const own = texts[chosen];
  const others = all.map((_, place) => place).filter((place) => place !== chosen);
  const [chosenOnes, otherOnes] = [new Highlight(), new Highlight()];
  /** @type {import("./words.js").Range[][]} */
  const lacking = [];
  for (const place of others) {
    const found = differences(own.text, texts[place].text);
    lacking.push(found.first);
    paint(otherOnes, texts[place], found.second);
    note(all[place], told(found.words[1], all[chosen]));
    if (others.length === 1) note(all[chosen], told(found.words[0], all[place]));
  }
  const everywhere = lacking.reduce(common);
  paint(chosenOnes, own, everywhere);
  if (others.length > 1) note(all[chosen], "the others are compared with this one");
  CSS.highlights.set("tandem-chosen", chosenOnes);
  CSS.highlights.set("tandem-other", otherOnes);
}

/** @param {number} words @param {HTMLElement} other */
const told = (words, other) => (words ? `${words} ${words === 1 ? "word" : "words"} not in ${other.dataset.letter}` : `no word that ${other.dataset.letter} lacks`);

/** What is in both lists of ranges, which are in order. @param {import("./words.js").Range[]} a @param {import("./words.js").Range[]} b */
function common(a, b) {
  const found = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; a[i].end < b[j].end ? i++ : j++) {
    const [start, end] = [Math.max(a[i].start, b[j].start), Math.min(a[i].end, b[j].end)];
    if (start < end) found.push({ start, end });
  }
  return found;
}

/** @param {HTMLElement} completion @param {string} words */
function note(completion, words) {
  const place = completion.querySelector("[data-differs]");
  if (!place) return;
  place.textContent = words;
  place.toggleAttribute("hidden", !words);
}

/**
 * The text that is to be seen of a completion, and where in the page each part of it is.
 *
 * @typedef {{text: string, parts: {node: Text, start: number}[]}} Readable
 * @param {HTMLElement} completion @returns {Readable}
 */
function readable(completion) {
  const shown = completion.querySelector(".reading:not([hidden])");
  /** @type {Readable["parts"]} */
  const parts = [];
  let text = "";
  if (!shown) return { text, parts };
  const walk = document.createTreeWalker(shown, NodeFilter.SHOW_TEXT, (node) => (node.parentElement?.closest(".katex-mathml") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT));
  let block = null;
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const around = node.parentElement?.closest(BLOCKS) ?? null;
    if (around !== block) text += "\n";
    block = around;
    parts.push({ node: /** @type {Text} */ (node), start: text.length });
    text += node.nodeValue;
  }
  return { text, parts };
}

/** @param {Highlight} highlight @param {Readable} where @param {import("./words.js").Range[]} ranges in order */
function paint(highlight, where, ranges) {
  let at = 0;
  for (const { start, end } of ranges) {
    while (at + 1 < where.parts.length && where.parts[at + 1].start <= start) at++;
    for (let part = at; part < where.parts.length && where.parts[part].start < end; part++) {
      const { node, start: from } = where.parts[part];
      const [first, last] = [Math.max(0, start - from), Math.min(node.length, end - from)];
      if (first < last) highlight.add(new StaticRange({ startContainer: node, startOffset: first, endContainer: node, endOffset: last }));
    }
  }
}

/** @param {"diff" | "against"} name */
export function command(name) {
  if (!isAble) return;
  const all = completions();
  if (name === "diff") local.setItem(ON, isOn() ? "no" : "yes");
  else if (isOn()) chosen = (chosen + 1) % all.length;
  compareAnew();
  announce(isOn() ? all.map((each) => `${each.dataset.letter}: ${each.querySelector("[data-differs]")?.textContent}`).join(". ") : "Differences are no longer marked.");
}

document.addEventListener("tandem:command", (event) => {
  // Once the other text is on the page.
  if (/** @type {CustomEvent} */ (event).detail === "raw") setTimeout(compareAnew);
});
document.addEventListener("tandem:formulas", compareAnew);
