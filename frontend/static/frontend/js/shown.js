/**
 * What an item shows: how completions stand beside each other, and modules that are fetched only with an item that
 * needs them: formulas, citations, images, recordings, and differences once they are asked for.
 */

import { keeper } from "./storage.js";

const STACKED = "tandem-stacked";
const DIFF = "tandem-diff";
const local = keeper(() => localStorage);

const shelf = () => document.querySelector(".shelf");
const several = () => document.querySelectorAll("[data-shelf] > .completion").length > 1;

function arrive() {
  stand();
  reach();
  fold();
  if (document.querySelector(".math")) void import("./math.js").then(({ setAll }) => setAll());
  if (document.querySelector("a.cite")) void import("./citations.js");
  if (document.querySelector("[data-picture]")) void import("./pictures.js");
  if (document.querySelector("[data-player]")) void import("./players.js");
  if (several()) differ();
}

// ------------------------------------------------------------------------------------------- places

/** Completions side by side or below each other, as the annotator had them last. */
function stand() {
  const place = shelf();
  const stacked = local.getItem(STACKED) === "yes";
  place?.classList.toggle("stacked", stacked);
  for (const button of place?.querySelectorAll("[data-do=stack]") ?? []) {
    button.removeAttribute("hidden");
    button.setAttribute("aria-pressed", String(stacked));
  }
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

/** A letter brings its completion into view without a jump of the whole page. */
document.addEventListener("click", (event) => {
  const link = /** @type {HTMLElement} */ (event.target).closest?.(".letters a");
  const goal = link && document.getElementById((link.getAttribute("href") ?? "").slice(1));
  if (!goal) return;
  event.preventDefault();
  goal.scrollIntoView({ block: "nearest", inline: "start" });
  goal.focus({ preventScroll: true });
});

// -------------------------------------------------------------------------------------- differences

function differ() {
  const isAble = typeof Highlight === "function" && "highlights" in CSS;
  for (const button of document.querySelectorAll("[data-do=diff]")) button.toggleAttribute("hidden", !isAble);
  if (isAble && local.getItem(DIFF) === "yes") void import("./diff.js").then(({ compareAnew }) => compareAnew());
}

document.addEventListener("tandem:command", (event) => {
  const name = /** @type {CustomEvent} */ (event).detail;
  if (name === "stack" && shelf()) {
    event.preventDefault();
    local.setItem(STACKED, local.getItem(STACKED) === "yes" ? "no" : "yes");
    stand();
  } else if ((name === "diff" || name === "against") && several()) {
    event.preventDefault();
    void import("./diff.js").then(({ command }) => command(name));
  }
});

document.addEventListener("tandem:item", arrive);
// On other pages nobody tells of items; their parts come by htmx all the same.
document.addEventListener("htmx:afterSettle", () => document.getElementById("work") ?? arrive());
arrive();
