/**
 * Reviewing by keyboard: the workspace's keys for the answers, and some for what a reviewer does.
 *
 * The page works without it: links lead to the items before and after, and the form is a form.
 */

import { commandFor } from "./keys.js";
import { activate, activeSlot, choose, clear, move, shift, startAt } from "./slots.js";

const BINDINGS = new Map([
  ["Enter", "submit"],
  ["Backspace", "clear"],
  ["w", "write"],
  ["f", "first-error"],
  ["o", "opinions"],
  ["m", "majority"],
  ["x", "gold"],
  ["j", "next"],
  ["k", "previous"],
]);

const form = () => /** @type {HTMLFormElement} */ (document.getElementById("decide"));
const reason = () => /** @type {HTMLTextAreaElement} */ (form().elements.namedItem("reason"));

/** @param {string} selector */
function click(selector) {
  const found = /** @type {HTMLElement | null} */ (document.querySelector(selector));
  found?.click();
  return Boolean(found);
}

/** @returns {import("./keys.js").Place} */
function place(/** @type {EventTarget | null} */ target) {
  if (!(target instanceof HTMLElement)) return "page";
  if (target.matches("textarea, select, input:not([type=radio], [type=checkbox])")) return "typing";
  if (target.matches("button, a, summary, input[name=gold]")) return "pressable";
  if (target.matches("[tabindex='0']")) return "scrolling";
  return "page";
}

/** @param {string} name @returns {boolean} whether a question's own script has done it */
const tell = (name) => !document.dispatchEvent(new CustomEvent("tandem:command", { detail: name, cancelable: true }));

/** @returns {boolean} whether the key was used */
function run(/** @type {import("./keys.js").Command} */ command, /** @type {EventTarget | null} */ target) {
  const fields = form();
  switch (command.do) {
    case "nothing":
      return true;
    case "submit":
      return click("#decide [data-do=submit]");
    case "write":
      reason().focus();
      return true;
    case "leave":
      if (place(target) !== "typing") return false;
      startAt(fields);
      return true;
    case "opinions":
      return click("[data-do=opinions]");
    case "majority":
      return click("[data-do=majority]");
    case "gold":
      return click("[data-do=gold]");
    case "next":
      return click("a[rel=next]");
    case "previous":
      return click("a[rel=prev]");
    case "choose":
      choose(fields, command.key ?? "");
      return true;
    case "clear":
      if (!tell("clear")) clear(fields);
      return true;
    case "first-error":
      return tell("first-error");
    case "move":
      move(fields, command.by ?? 0);
      return true;
    case "shift":
      shift(fields, command.by ?? 0);
      return true;
  }
  return false;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const where = place(event.target);
  if (where === "page" && event.target instanceof HTMLInputElement && /^Arrow(Left|Right)$/.test(event.key)) return;
  const command = commandFor(event, where, BINDINGS);
  if (command && run(command, event.target)) event.preventDefault();
});

document.addEventListener("focusin", (event) => {
  const slot = /** @type {HTMLElement} */ (event.target).closest?.("[data-slot]");
  if (slot && form().contains(slot)) activate(form(), /** @type {HTMLElement} */ (slot));
});

startAt(form());
if (activeSlot(form())) activate(form(), activeSlot(form()));
/** @type {HTMLElement | null} */ (document.querySelector("[data-begin]"))?.focus();
document.documentElement.dataset.keys = "ready";
