/**
 * Formulas, set by KaTeX: loaded only for items that have any. It sets styles through the DOM (CSSOM), which
 * the Content Security Policy allows, and adds MathML for screen readers. What it cannot read stays as written.
 */

import "../../vendor/katex/katex.min.js";

const LONGEST = 5_000; // characters
const STRETCH = 12; // ms of setting before the page may breathe
const katex = /** @type {any} */ (globalThis).katex; // it has no module of its own that is small

function styled() {
  const url = document.querySelector("[data-katex]")?.getAttribute("data-katex");
  if (!url || document.querySelector("link[data-katex-style]")) return;
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = url;
  link.dataset.katexStyle = "";
  document.head.append(link);
}

export async function setAll() {
  styled();
  let since = performance.now();
  for (const place of document.querySelectorAll(".math:not(.set, .unset)")) {
    if (!place.isConnected) return;
    if (place.matches(".set, .unset")) continue; // by another run, while this one waited
    set(/** @type {HTMLElement} */ (place));
    if (performance.now() - since < STRETCH) continue;
    await new Promise((done) => setTimeout(done));
    since = performance.now();
  }
  document.dispatchEvent(new CustomEvent("tandem:formulas"));
}

/** @param {HTMLElement} place */
function set(place) {
  const source = place.textContent ?? "";
  const width = source.startsWith("$") && !source.startsWith("$$") ? 1 : 2;
  const tex = source.slice(width, -width);
  try {
    if (tex.length > LONGEST) throw new Error("The formula is too long to be set.");
    const options = { displayMode: place.classList.contains("display"), throwOnError: true, strict: "ignore", trust: false, maxSize: 20, maxExpand: 500 };
    const tree = katex.__renderToDomTree(tex, options);
    withoutStyle(tree);
    place.replaceChildren(tree.toNode());
    place.classList.add("set");
    place.dataset.tex = source;
  } catch (fault) {
    place.classList.add("unset");
    place.title = /** @type {Error} */ (fault).message.slice(0, 300);
  }
}

/** A few of its MathML elements carry a `style` attribute, which the policy refuses: the look is in the HTML beside. */
function withoutStyle(/** @type {any} */ node) {
  if (node.attributes) delete node.attributes.style;
  for (const child of node.children ?? []) withoutStyle(child);
}
