/**
 * Where answers go. A slot (`data-slot`) takes one answer: a group of radio buttons or of boxes to tick,
 * whose keys are their `data-key`, a text field, or whatever a kind's own script fills in (it sets `data-answered`).
 * One slot is active (`data-active`): digits go there.
 * Slots of what is not asked are passed over.
 */

import { showAsked } from "./conditions.js";
import { moved } from "./keys.js";

/** @param {ParentNode} form @returns {HTMLElement[]} */
export const slotsOf = (form) => {
  const slots = /** @type {HTMLElement[]} */ ([...form.querySelectorAll("[data-slot]")]);
  return slots.filter((slot) => !slot.closest("[hidden]"));
};

/** @param {HTMLElement} slot @returns {HTMLInputElement[]} */
const inputsOf = (slot) => [...slot.querySelectorAll('input:is([type="radio"], [type="checkbox"])')];

/** @param {HTMLElement} slot */
const hasBoxes = (slot) => slot.querySelector('input[type="checkbox"]') !== null;

/** @param {HTMLElement} slot */
const isText = (slot) => slot instanceof HTMLTextAreaElement;

/** @param {HTMLElement} slot */
const isRequired = (slot) => !("optional" in slot.dataset) && (slot.closest(".question")?.classList.contains("required") ?? false);

/** @param {HTMLElement} slot */
const isAnswered = (slot) => {
  if (isText(slot)) return /** @type {HTMLTextAreaElement} */ (slot).value.trim() !== "";
  return "answered" in slot.dataset || inputsOf(slot).some((input) => input.checked); // a kind's script may know
};

/** @param {ParentNode} form */
export const activeSlot = (form) => slotsOf(form).find((slot) => "active" in slot.dataset) ?? slotsOf(form)[0];

/** Marks a slot and shows its hint. */
export function activate(/** @type {ParentNode} */ form, /** @type {HTMLElement} */ slot) {
  for (const other of form.querySelectorAll("[data-slot]")) other.toggleAttribute("data-active", other === slot);
  const hint = form.querySelector("#hint");
  if (hint) hint.textContent = slot.dataset.hint ?? "";
}

/**
 * Puts the focus on the slot as a whole, so that no answer looks chosen before one is.
 *
 * @param {HTMLElement} slot
 */
export function focusSlot(slot) {
  if (!isText(slot)) slot.tabIndex = -1;
  slot.focus({ preventScroll: true });
}

/** Where work goes on: a question with a fault, else a required one without an answer, else the first. */
export function startAt(/** @type {HTMLElement} */ form) {
  showAsked(form);
  const slots = slotsOf(form);
  const faulty = slots.filter((slot) => slot.closest("[data-fault]"));
  const start = faulty.find((slot) => !isAnswered(slot)) ?? faulty[0] ?? slots.find((slot) => isRequired(slot) && !isAnswered(slot)) ?? slots[0];
  if (!start) return;
  activate(form, start);
  if (!isText(start) || faulty.length) focusSlot(start);
}

/** The slot before or after the active one. */
export function move(/** @type {HTMLElement} */ form, /** @type {number} */ by) {
  const slots = slotsOf(form);
  const slot = slots[moved(slots.indexOf(activeSlot(form)), by, slots.length)];
  activate(form, slot);
  focusSlot(slot);
}

/**
 * Answers the active slot by key. Of boxes each is ticked or not, and the slot stays; else the next one is active
 * then, past texts that may stay empty.
 */
export function choose(/** @type {HTMLElement} */ form, /** @type {string} */ key) {
  const slot = activeSlot(form);
  const input = slot && inputsOf(slot).find((each) => each.dataset.key === key);
  if (!input) return;
  check(input, input.type === "radio" || !input.checked);
  if (input.type === "radio") goOn(form, slot);
  else focusSlot(slot);
}

function goOn(/** @type {HTMLElement} */ form, /** @type {HTMLElement} */ slot) {
  const slots = slotsOf(form);
  const next = slots.slice(slots.indexOf(slot) + 1).find((each) => !isText(each) || (isRequired(each) && !isAnswered(each)));
  if (next) activate(form, next);
  focusSlot(next ?? slot);
}

/** Moves the active slot's answer along its scale; of boxes, the focus. */
export function shift(/** @type {HTMLElement} */ form, /** @type {number} */ by) {
  const slot = activeSlot(form);
  if (!slot || isText(slot)) return;
  const inputs = inputsOf(slot);
  const boxes = hasBoxes(slot);
  const place = inputs.findIndex((input) => (boxes ? input === document.activeElement : input.checked));
  const next = inputs[place < 0 ? (by > 0 ? 0 : inputs.length - 1) : moved(place, by, inputs.length)];
  if (boxes) {
    next.focus({ preventScroll: true });
    return;
  }
  check(next, true);
  focusSlot(slot);
}

/** Takes the active slot's answer away. */
export function clear(/** @type {HTMLElement} */ form) {
  const slot = activeSlot(form);
  for (const input of slot ? inputsOf(slot).filter((each) => each.checked) : []) check(input, false);
}

/** The first text field, to write in. */
export function write(/** @type {HTMLElement} */ form) {
  const texts = slotsOf(form).filter(isText);
  if (texts.length) focusSlot(texts[(texts.indexOf(activeSlot(form)) + 1) % texts.length]);
}

/** @param {HTMLInputElement} input @param {boolean} on */
function check(input, on) {
  input.checked = on;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}
