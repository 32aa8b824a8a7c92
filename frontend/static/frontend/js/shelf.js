/** Completions side by side or below each other, as the annotator had them last. */

import { keeper } from "./storage.js";

const VIEW = "tandem-stacked";
const local = keeper(() => localStorage);

const shelf = () => document.querySelector(".shelf");

/** Puts the present item's completions where they stood before. */
export function stand() {
  const place = shelf();
  if (!place) return;
  const stacked = local.getItem(VIEW) === "yes";
  place.classList.toggle("stacked", stacked);
  for (const button of place.querySelectorAll("[data-do=stack]")) {
    button.removeAttribute("hidden");
    button.setAttribute("aria-pressed", String(stacked));
  }
}

document.addEventListener("tandem:command", (event) => {
  if (/** @type {CustomEvent} */ (event).detail !== "stack" || !shelf()) return;
  event.preventDefault();
  local.setItem(VIEW, local.getItem(VIEW) === "yes" ? "no" : "yes");
  stand();
});

/** A letter brings its completion into view without a jump of the whole page. */
document.addEventListener("click", (event) => {
  const link = /** @type {HTMLElement} */ (event.target).closest?.(".letters a");
  const goal = link && document.getElementById((link.getAttribute("href") ?? "").slice(1));
  if (!goal) return;
  event.preventDefault();
  goal.scrollIntoView({ block: "nearest", inline: "start" });
  goal.focus({ preventScroll: true });
});
