/** Citations that jump to the passage or sentence they name, mark it, and lead back. */

import { announce } from "./page.js";

/** @type {HTMLElement | null} where the last jump came from */
let from = null;

const citations = () => /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll("a.cite")]).filter((each) => each.checkVisibility());

/** @param {HTMLAnchorElement} link */
function follow(link) {
  const goal = place(link.hash.slice(1));
  if (!goal) return;
  from = link;
  for (const each of document.querySelectorAll(".cited")) each.classList.remove("cited");
  for (const each of named(link)) each.classList.add("cited");
  goal.classList.add("cited");
  openPrompt();
  goal.scrollIntoView({ block: "center" });
  goal.focus({ preventScroll: true });
  announce(`Cited as ${link.textContent}: ${(goal.textContent ?? "").trim().slice(0, 300)}. ${backKey()}`);
}

/** A sentence where its passage shows sentences, else the passage. @param {string} id @returns {HTMLElement | null} */
function place(id) {
  const sentence = document.getElementById(id);
  if (sentence?.checkVisibility() || !/^passage-\d+-\d+$/.test(id)) return sentence;
  return document.getElementById(id.replace(/-\d+$/, ""));
}

/** All sentences of a mark such as [2:3-5]. @param {HTMLAnchorElement} link @returns {HTMLElement[]} */
function named(link) {
  const found = /(\d+):(\d+)\s?[-\u2013]\s?(\d+)/.exec(link.textContent ?? "");
  if (!found) return [];
  const [passage, first, last] = found.slice(1).map(Number);
  const ids = Array.from({ length: Math.min(50, Math.max(0, last - first + 1)) }, (_, n) => `passage-${passage}-${first + n}`);
  return ids.map((id) => document.getElementById(id)).filter((each) => each !== null);
}

function openPrompt() {
  const prompt = document.querySelector("[data-prompt]");
  const more = /** @type {HTMLElement | null} */ (document.querySelector("button[data-do=prompt]:not([hidden])"));
  if (prompt && more && prompt.scrollHeight > prompt.clientHeight + 8 && !prompt.classList.contains("open")) {
    prompt.classList.add("open");
    more.setAttribute("aria-expanded", "true");
    const words = more.querySelector("span");
    if (words) words.textContent = "Less of the prompt";
  }
}

function backKey() {
  const key = document.querySelector("[data-command=back]")?.getAttribute("data-key");
  return key ? `${key} leads back.` : "";
}

function back() {
  if (!from?.isConnected) return false;
  from.scrollIntoView({ block: "nearest", inline: "nearest" });
  from.focus({ preventScroll: true });
  return true;
}

document.addEventListener("click", (event) => {
  const link = /** @type {HTMLElement} */ (event.target).closest?.("a.cite");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  follow(/** @type {HTMLAnchorElement} */ (link));
});

document.addEventListener("tandem:command", (event) => {
  const name = /** @type {CustomEvent} */ (event).detail;
  if (name === "back" && back()) event.preventDefault();
  if (name !== "cite") return;
  const all = citations();
  if (!all.length) return;
  event.preventDefault();
  const focused = /** @type {HTMLAnchorElement} */ (document.activeElement);
  const before = all.includes(focused) ? all.indexOf(focused) : from ? all.indexOf(/** @type {HTMLAnchorElement} */ (from)) : -1;
  follow(all[(before + 1) % all.length]);
});

document.addEventListener("tandem:item", () => (from = null));
