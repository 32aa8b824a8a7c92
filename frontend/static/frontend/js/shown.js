/**
 * What an item shows: files, formulas, citations, differences, and how completions stand beside each other.
 * Each module listens for commands (work.js tells them) and acts anew on each item.
 */

import "./citations.js";
import "./pictures.js";
import "./players.js";
import { compareAnew } from "./diff.js";
import { stand } from "./shelf.js";

function arrive() {
  stand();
  compareAnew();
  reach();
  fold();
  if (document.querySelector(".math")) void import("./math.js").then(({ setAll }) => setAll());
}

/** What scrolls within itself can be reached by key. */
function reach() {
  for (const each of document.querySelectorAll(".prose :is(pre, .wide)")) {
    if (each.scrollWidth > each.clientWidth) each.setAttribute("tabindex", "0");
  }
}

/** The whole prompt means its earlier turns too. */
function fold() {
  const prompt = document.querySelector("[data-prompt]");
  const earlier = /** @type {HTMLDetailsElement | null} */ (prompt?.querySelector("[data-earlier]"));
  if (!prompt || !earlier) return;
  for (const more of document.querySelectorAll("button[data-do=prompt]")) more.removeAttribute("hidden");
  new MutationObserver(() => (earlier.open = prompt.classList.contains("open"))).observe(prompt, { attributeFilter: ["class"] });
}

document.addEventListener("tandem:item", arrive);
document.addEventListener("htmx:afterSettle", () => document.querySelector("[data-shelf]") ?? arrive());
arrive();
