/** Reading the item: raw or rendered, all of the prompt or less, and all completions scrolled at once. */

import { local } from "./item.js";

const RAW = "tandem-raw";

export function showAsBefore() {
  for (const button of document.querySelectorAll("button[data-do=raw]")) button.removeAttribute("hidden");
  showRaw(local.getItem(RAW) === "yes");
  fitPrompt();
}

export function toggleRaw() {
  showRaw(local.getItem(RAW) !== "yes");
}

/** @param {boolean} raw */
function showRaw(raw) {
  local.setItem(RAW, raw ? "yes" : "no");
  for (const each of document.querySelectorAll("[data-raw]")) each.toggleAttribute("hidden", !raw);
  for (const each of document.querySelectorAll("[data-rendered]")) each.toggleAttribute("hidden", raw);
  for (const button of document.querySelectorAll("[data-do=raw]")) button.setAttribute("aria-pressed", String(raw));
}

/** A prompt that is cut off can be opened; of a chat its last turn is shown first. */
function fitPrompt() {
  const prompt = document.querySelector("[data-prompt]");
  const more = document.querySelector("[data-do=prompt]");
  if (!prompt || !more) return;
  const long = prompt.scrollHeight > prompt.clientHeight + 8;
  more.toggleAttribute("hidden", !long);
  const asks = /** @type {HTMLElement | null} */ (prompt.querySelector("[data-asks]"));
  if (long && asks?.previousElementSibling) prompt.scrollTop = asks.offsetTop - /** @type {HTMLElement} */ (prompt).offsetTop;
}

export function togglePrompt() {
  const open = document.querySelector("[data-prompt]")?.classList.toggle("open") ?? false;
  const button = document.querySelector("[data-do=prompt]");
  button?.setAttribute("aria-expanded", String(open));
  const words = button?.querySelector("span");
  if (words) words.textContent = open ? "Less of the prompt" : "Whole prompt";
}

/** @param {number} by pages */
export function scroll(by) {
  for (const each of document.querySelectorAll(".completion")) each.scrollBy({ top: by * each.clientHeight * 0.85 });
}

window.addEventListener("resize", fitPrompt);
