/**
 * The workspace: what arrives, and what keys and controls do.
 *
 * What a key or a control (`data-do="<name>"`) does is a command with a name; frontend/comfort.py lists
 * them with their usual keys. Every command is told to the document as `tandem:command`, its name in
 * `detail`, and every item as `tandem:item` once it is on the page. So a module of its own joins in with
 *   document.addEventListener("tandem:command", (event) => { if (event.detail === "diff") … });
 * and keeps a command to itself with `event.preventDefault()`.
 */

import { act, changed, forget, leave, renew, restore } from "./drafting.js";
import { closeDrawers, toggleDrawer } from "./drawers.js";
import { form, keyOf, work } from "./item.js";
import { commandFor } from "./keys.js";
import { say } from "./notes.js";
import { scroll, showAsBefore, togglePrompt, toggleRaw } from "./reading.js";
import { again, resume, signIn, withdraw } from "./sending.js";
import { activate, activeSlot, choose, clear, move, shift, startAt, write } from "./slots.js";
import { forgetTime, start } from "./timing.js";

// ---------------------------------------------------------------------------------- an item arrives

/** @type {HTMLElement | null} the item on the page */
let present = null;

function arrive() {
  if (work() === present) return;
  const before = present?.dataset.key;
  present = work();
  const sameItem = before !== undefined && before === present?.dataset.key;
  if (before && !sameItem) {
    forget(before);
    forgetTime();
    say("saved");
  }
  const fields = form();
  if (fields && !sameItem) start();
  if (fields) restore(fields);
  showAsBefore();
  showOwnKeys();
  if (present?.querySelector(".completions")) document.dispatchEvent(new CustomEvent("tandem:item"));
  if (fields) startAt(fields);
  else focusFirst();
  resume();
}

/** Where nothing is asked, what goes on has the focus; on a whole page the browser has seen to it. */
function focusFirst() {
  /** @type {HTMLElement | null} */ (document.querySelector("[data-first]:not([autofocus])"))?.focus();
}

// -------------------------------------------------------------------------------------------- keys

/** @returns {import("./keys.js").Place} */
function place(/** @type {EventTarget | null} */ target) {
  if (!(target instanceof HTMLElement)) return "page";
  if (target.matches("textarea, select, dialog input, input:not([type=radio], [type=checkbox]), [contenteditable]")) return "typing";
  if (target.matches("button, a, summary, audio, video")) return "pressable";
  if (target.matches("[tabindex='0']")) return "scrolling";
  return "page";
}

function press(/** @type {KeyboardEvent} */ event) {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog:modal")) return;
  if (event.key === "Tab") return tab(event);
  const where = place(event.target);
  if (where === "page" && event.target instanceof HTMLInputElement && event.target.type === "radio" && /^Arrow(Left|Right)$/.test(event.key)) return;
  const command = commandFor(event, where, bindings());
  if (!command || !(tell(command.do) || run(command, event))) return;
  event.preventDefault();
}

/** The keys as the list of keys shows them. @returns {Map<string, string>} */
function bindings() {
  const listed = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#keys [data-command]"));
  return new Map([...listed].map((each) => [each.dataset.key ?? "", each.dataset.command ?? ""]));
}

/** Questions know no annotator: theirs are the usual keys until here. */
function showOwnKeys() {
  for (const shown of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".questions [data-key-of]"))) {
    const listed = document.querySelector(`#keys [data-key-of="${shown.dataset.keyOf}"]`);
    if (listed) shown.textContent = listed.textContent;
  }
}

/** @param {string} name @returns {boolean} whether a module keeps the command to itself */
function tell(name) {
  return !document.dispatchEvent(new CustomEvent("tandem:command", { detail: name, cancelable: true }));
}

/** From a slot as a whole, Tab goes to the next slot and not first to its buttons. */
function tab(/** @type {KeyboardEvent} */ event) {
  const fields = form();
  if (!fields || !(event.target instanceof HTMLElement) || !event.target.matches("div[data-slot]")) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const before = activeSlot(fields);
  move(fields, event.shiftKey ? -1 : 1);
  if (activeSlot(fields) !== before) event.preventDefault();
}

/** Commands that need no item, the same by key and by control. @type {Record<string, () => unknown>} */
const COMMANDS = {
  nothing: () => true,
  guidelines: () => toggleDrawer("guidelines"),
  keys: () => toggleDrawer("keys"),
  comfort: () => void (import("./comfort.js"), toggleDrawer("comfort")),
  raw: toggleRaw,
  prompt: togglePrompt,
  again,
  "sign-in": signIn,
};

/** Keys of the answers; they need a form. @type {Record<string, (fields: HTMLFormElement, command: import("./keys.js").Command) => void>} */
const ANSWERS = {
  choose: (fields, { key }) => choose(fields, key ?? ""),
  clear: (fields) => clear(fields),
  move: (fields, { by }) => move(fields, by ?? 0),
  shift: (fields, { by }) => shift(fields, by ?? 0),
  write: (fields) => {
    write(fields);
    const field = document.activeElement;
    if (field instanceof HTMLTextAreaElement) field.setSelectionRange(field.value.length, field.value.length);
  },
  scroll: (_, { by }) => scroll(by ?? 0),
};

/** @returns {boolean} whether the key was used */
function run(/** @type {import("./keys.js").Command} */ command, /** @type {KeyboardEvent} */ event) {
  const name = command.do;
  const fields = form();
  if (name === "leave") return escape(event);
  if (name === "submit" && closeDrawers()) return true; // what is in front of the item goes first
  if (Object.hasOwn(COMMANDS, name)) COMMANDS[name]();
  else if (fields && Object.hasOwn(ANSWERS, name)) ANSWERS[name](fields, command);
  else return click(name);
  return true;
}

/** @param {string} name @returns {boolean} whether there is a control of that name to press */
function click(name) {
  const control = /** @type {HTMLElement | null} */ (document.querySelector(`#work [data-do="${name}"]:not([hidden])`));
  control?.click();
  return control !== null;
}

function escape(/** @type {KeyboardEvent} */ event) {
  const fields = form();
  const field = /** @type {HTMLElement} */ (event.target);
  if (place(field) !== "typing" || field.closest("dialog")) return closeDrawers();
  if (fields) move(fields, -1);
  if (document.activeElement === field) field.blur();
  return true;
}

// ------------------------------------------------------------------------------------------ wiring

document.addEventListener("keydown", press);
document.addEventListener("click", (event) => {
  const name = /** @type {HTMLElement} */ (event.target).closest?.("[data-do]")?.getAttribute("data-do") ?? "";
  if (!name || !event.isTrusted) return; // a key's press of a control was told already
  if (tell(name)) event.preventDefault();
  else if (Object.hasOwn(COMMANDS, name)) {
    COMMANDS[name]();
    event.preventDefault();
  }
});
document.addEventListener("focusin", (event) => {
  const slot = /** @type {HTMLElement} */ (event.target).closest?.("[data-slot]");
  const fields = form();
  if (slot && fields?.contains(slot)) activate(fields, /** @type {HTMLElement} */ (slot));
});
for (const name of ["input", "change"]) {
  document.addEventListener(name, (event) => {
    if (!form()?.contains(/** @type {Node} */ (event.target))) return;
    withdraw();
    changed();
  });
}
for (const name of ["keydown", "pointerdown", "pointermove", "wheel"]) {
  document.addEventListener(name, act, { passive: true, capture: true });
}
document.addEventListener("visibilitychange", () => void renew());
window.addEventListener("pagehide", leave);
window.addEventListener("pageshow", (event) => event.persisted && void renew({ now: true }));
setInterval(() => void renew(), 10_000);
document.addEventListener("htmx:afterSettle", arrive);

arrive();
document.documentElement.dataset.keys = "ready";
