/**
 * The workspace: keys, drafts, time, and what happens when the server is not there.
 *
 * What a key or a control (`data-do="<name>"`) does is a command with a name; frontend/comfort.py lists
 * them with their usual keys. Every command is told to the document as `tandem:command`, its name in
 * `detail`, and every item as `tandem:item` once it is on the page. So a module of its own joins in with
 *   document.addEventListener("tandem:command", (event) => { if (event.detail === "diff") … });
 * and keeps a command to itself with `event.preventDefault()`.
 */

import { Drafts } from "./drafts.js";
import { commandFor } from "./keys.js";
import { activate, activeSlot, choose, clear, move, shift, startAt, write } from "./slots.js";
import { Stopwatch } from "./stopwatch.js";
import { keeper } from "./storage.js";

const DRAFT_AFTER = 1500; // ms without a change
const RAW = "tandem-raw";
const TIME = "tandem-time";

const local = keeper(() => localStorage);
const session = keeper(() => sessionStorage);
const drafts = new Drafts(local);
let stopwatch = new Stopwatch();
/** @type {HTMLElement | null} the item on the page */
let present = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let draftTimer;
let renewedAt = Date.now();
let actedAt = Date.now();

const form = () => /** @type {HTMLFormElement | null} */ (document.getElementById("answers"));
const work = () => /** @type {HTMLElement | null} */ (document.getElementById("work"));
const dialog = (/** @type {string} */ id) => /** @type {HTMLDialogElement} */ (document.getElementById(id));

// ---------------------------------------------------------------------------------- an item arrives

function arrive() {
  if (work() === present) return;
  const before = present?.dataset.key;
  present = work();
  clearTimeout(draftTimer);
  const sameItem = before !== undefined && before === present?.dataset.key;
  if (before && !sameItem) {
    drafts.drop(before);
    session.removeItem(TIME);
    say("saved");
  }
  const fields = form();
  if (!fields || !present) {
    // A whole page is focused by the browser, by autofocus.
    /** @type {HTMLElement | null} */ (document.querySelector("[data-first]:not([autofocus])"))?.focus();
    return;
  }
  if (!sameItem) startClock();
  restore(fields);
  showRaw(local.getItem(RAW) === "yes");
  for (const button of document.querySelectorAll("button[data-do=raw]")) button.removeAttribute("hidden");
  fitPrompt();
  document.dispatchEvent(new CustomEvent("tandem:item"));
  startAt(fields);
}

function startClock() {
  const kept = JSON.parse(session.getItem(TIME) ?? "null");
  const own = kept?.key === present?.dataset.key ? kept.measured : null;
  stopwatch = new Stopwatch({ kept: own, inFocus: document.hasFocus() });
  renewedAt = actedAt = Date.now();
}

function fitPrompt() {
  const prompt = document.querySelector("[data-prompt]");
  const more = document.querySelector("[data-do=prompt]");
  if (!prompt || !more) return;
  const long = prompt.scrollHeight > prompt.clientHeight + 8;
  more.toggleAttribute("hidden", !long);
  const asks = /** @type {HTMLElement | null} */ (prompt.querySelector("[data-asks]"));
  if (long && asks?.previousElementSibling) prompt.scrollTop = asks.offsetTop - /** @type {HTMLElement} */ (prompt).offsetTop;
}

// ------------------------------------------------------------------------------------------- drafts

/** @returns {Record<string, string>} */
function answers(/** @type {HTMLFormElement} */ fields) {
  const held = [...new FormData(fields)].filter(([name]) => name.startsWith("answer-"));
  return Object.fromEntries(held.map(([name, value]) => [name, String(value)]));
}

function restore(/** @type {HTMLFormElement} */ fields) {
  if (fields.querySelector("[data-fault]")) return; // the page holds what was just sent
  const draft = drafts.load(present?.dataset.key ?? "", Number(present?.dataset.draftedAt));
  if (!draft) return;
  for (const field of fields.elements) {
    if (field instanceof HTMLInputElement && /^(radio|checkbox)$/.test(field.type)) field.checked = draft.fields[field.name] === field.value;
    else if (field instanceof HTMLTextAreaElement) field.value = draft.fields[field.name] ?? "";
  }
  say("draft restored");
}

function changed() {
  const fields = form();
  const key = present?.dataset.key;
  if (!fields || !key) return;
  const draft = drafts.save(key, answers(fields));
  clearTimeout(draftTimer);
  draftTimer = setTimeout(() => void sendDraft(fields, draft.at), DRAFT_AFTER);
  say("");
}

function draftBody(/** @type {HTMLFormElement} */ fields, /** @type {number} */ at) {
  const body = new FormData(fields);
  body.set("at", String(at));
  return body;
}

async function sendDraft(/** @type {HTMLFormElement} */ fields, /** @type {number} */ at) {
  draftTimer = undefined;
  const answer = await post(fields.dataset.draftUrl ?? "", draftBody(fields, at));
  if (fields !== form() || draftTimer !== undefined) return;
  if (answer === "kept") say("draft saved");
  else if (answer === "away") say("draft kept in this browser");
  else ranOut();
}

/** @returns {Promise<"kept" | "lost" | "away">} */
async function post(/** @type {string} */ url, /** @type {FormData} */ body) {
  try {
    const response = await fetch(url, { method: "POST", body, redirect: "error" });
    if (response.ok) renewedAt = Date.now();
    return response.ok ? "kept" : response.status === 409 ? "lost" : "away";
  } catch {
    return "away";
  }
}

// --------------------------------------------------------------------------------- lease and time

async function renew() {
  const fields = form();
  if (!fields || !present) return;
  const every = Math.min(300, Number(present.dataset.lease) / 3) * 1000;
  if (Date.now() - renewedAt < every || actedAt < renewedAt) return;
  renewedAt = Date.now();
  const body = new FormData();
  for (const name of ["csrfmiddlewaretoken", "assignment"]) body.set(name, String(new FormData(fields).get(name)));
  if ((await post(fields.dataset.renewUrl ?? "", body)) === "lost" && fields === form()) ranOut();
}

function act() {
  actedAt = Date.now();
  stopwatch.act();
}

function measure(/** @type {FormDataEvent} */ event) {
  if (event.target !== form()) return;
  for (const [name, seconds] of Object.entries(stopwatch.read())) event.formData.set(`${name}_seconds`, seconds);
}

function leave() {
  const fields = form();
  if (!fields || !present) return;
  session.setItem(TIME, JSON.stringify({ key: present.dataset.key, measured: stopwatch.keep() }));
  if (draftTimer === undefined) return;
  clearTimeout(draftTimer);
  navigator.sendBeacon(fields.dataset.draftUrl ?? "", draftBody(fields, Date.now()));
}

// ---------------------------------------------------------------------------------------- messages

function say(/** @type {string} */ text) {
  const place = document.getElementById("saved");
  if (place) place.textContent = text;
}

function trouble(/** @type {string} */ text) {
  const place = document.getElementById("trouble");
  if (!place) return;
  place.textContent = text;
  place.toggleAttribute("hidden", !text);
}

function ranOut() {
  trouble("The time for this item ran out. Submit still counts, unless somebody else has taken the item meanwhile.");
}

function failed(/** @type {CustomEvent} */ event) {
  const status = event.detail.xhr?.status ?? 0;
  say("not sent");
  if (!status) trouble("Not sent: the server cannot be reached. Your answers are kept here; press Enter to try again.");
  else if (status === 403) trouble("Not sent: you were signed out meanwhile. Reload the page; your answers are kept.");
  else if (status === 404) trouble("Not sent: this item is no longer yours to answer. Reload the page for the next one.");
  else trouble(`Not sent: the server failed (${status}). Your answers are kept here; press Enter to try again.`);
}

// -------------------------------------------------------------------------------------------- keys

/** @returns {import("./keys.js").Place} */
function place(/** @type {EventTarget | null} */ target) {
  if (!(target instanceof HTMLElement)) return "page";
  if (target.matches("textarea, select, input:not([type=radio], [type=checkbox]), [contenteditable]")) return "typing";
  if (target.matches("button, a, summary")) return "pressable";
  if (target.matches("[tabindex='0']")) return "scrolling";
  return "page";
}

function press(/** @type {KeyboardEvent} */ event) {
  if (event.defaultPrevented || event.isComposing) return;
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

/** @returns {boolean} whether the key was used */
function run(/** @type {import("./keys.js").Command} */ command, /** @type {KeyboardEvent} */ event) {
  const fields = form();
  switch (command.do) {
    case "nothing":
      return true;
    case "guidelines":
    case "keys":
      toggle(command.do);
      return true;
    case "leave":
      return escape(event);
    case "undo":
      return click("undo");
  }
  if (!fields) return false;
  switch (command.do) {
    case "submit": // what is in front of the item goes first
      return closeDialogs() || click("submit");
    case "skip":
      return click("skip");
    case "raw":
      showRaw(local.getItem(RAW) !== "yes");
      break;
    case "prompt":
      togglePrompt();
      break;
    case "choose":
      choose(fields, command.key ?? "");
      break;
    case "clear":
      clear(fields);
      break;
    case "move":
      move(fields, command.by ?? 0);
      break;
    case "shift":
      shift(fields, command.by ?? 0);
      break;
    case "write":
      write(fields);
      break;
    case "scroll":
      scroll(command.by ?? 0);
      break;
  }
  return true;
}

function click(/** @type {string} */ name) {
  const button = /** @type {HTMLButtonElement | null} */ (document.querySelector(`#work button[data-do="${name}"]`));
  button?.click();
  return Boolean(button);
}

function escape(/** @type {KeyboardEvent} */ event) {
  if (place(event.target) === "typing") {
    const fields = form();
    const field = /** @type {HTMLElement} */ (event.target);
    if (fields) move(fields, -1);
    if (document.activeElement === field) field.blur();
    return true;
  }
  return closeDialogs();
}

/** @returns {boolean} whether one was open */
function closeDialogs() {
  const open = [...document.querySelectorAll("dialog[open]")];
  for (const each of open) /** @type {HTMLDialogElement} */ (each).close();
  return open.length > 0;
}

function toggle(/** @type {string} */ id) {
  const asked = dialog(id);
  const wasOpen = asked.open;
  closeDialogs();
  if (!wasOpen) asked.show();
}

function showRaw(/** @type {boolean} */ raw) {
  local.setItem(RAW, raw ? "yes" : "no");
  for (const each of document.querySelectorAll("[data-raw]")) each.toggleAttribute("hidden", !raw);
  for (const each of document.querySelectorAll("[data-rendered]")) each.toggleAttribute("hidden", raw);
  for (const button of document.querySelectorAll("[data-do=raw]")) button.setAttribute("aria-pressed", String(raw));
}

function togglePrompt() {
  const prompt = document.querySelector("[data-prompt]");
  const open = prompt?.classList.toggle("open") ?? false;
  const button = document.querySelector("[data-do=prompt]");
  button?.setAttribute("aria-expanded", String(open));
  const words = button?.querySelector("span");
  if (words) words.textContent = open ? "Less of the prompt" : "Whole prompt";
}

function scroll(/** @type {number} */ by) {
  for (const each of document.querySelectorAll(".completion")) each.scrollBy({ top: by * each.clientHeight * 0.85 });
}

// ------------------------------------------------------------------------------------------ wiring

document.addEventListener("keydown", press);
document.addEventListener("click", (event) => {
  const name = /** @type {HTMLElement} */ (event.target).closest?.("[data-do]")?.getAttribute("data-do");
  if (name && tell(name)) event.preventDefault();
  else if (name === "guidelines" || name === "keys") toggle(name);
  else if (name === "raw") showRaw(local.getItem(RAW) !== "yes");
  else if (name === "prompt") togglePrompt();
  else return;
  event.preventDefault();
});
document.addEventListener("focusin", (event) => {
  const slot = /** @type {HTMLElement} */ (event.target).closest?.("[data-slot]");
  const fields = form();
  if (slot && fields?.contains(slot)) activate(fields, /** @type {HTMLElement} */ (slot));
});
for (const name of ["input", "change"]) {
  document.addEventListener(name, (event) => {
    if (form()?.contains(/** @type {Node} */ (event.target))) changed();
  });
}
for (const name of ["keydown", "pointerdown", "pointermove", "wheel"]) {
  document.addEventListener(name, act, { passive: true, capture: true });
}
document.addEventListener("formdata", measure);
document.addEventListener("visibilitychange", () => void renew());
window.addEventListener("focus", () => stopwatch.focus(true));
window.addEventListener("blur", () => stopwatch.focus(false));
window.addEventListener("pagehide", leave);
window.addEventListener("resize", fitPrompt);
setInterval(() => void renew(), 10_000);

document.addEventListener("htmx:beforeRequest", () => {
  clearTimeout(draftTimer);
  draftTimer = undefined;
  trouble("");
  say("sending…");
});
document.addEventListener("htmx:afterSettle", arrive);
for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(name, /** @type {EventListener} */ (failed));
}

drafts.tidy();
arrive();
document.documentElement.dataset.keys = "ready";
