/**
 * Where answers go. A slot (`data-slot`) takes one answer: a group of radio buttons whose keys are
 * their `data-key`, or a text field. One slot is active (`data-active`): digits go there.
 */

import { moved } from "./keys.js";

/** @param {ParentNode} form @returns {HTMLElement[]} */
export const slotsOf = (form) => [...form.querySelectorAll("[data-slot]")];

/** @param {HTMLElement} slot @returns {HTMLInputElement[]} */
const radiosOf = (slot) => [...slot.querySelectorAll('input[type="radio"]')];

/** @param {HTMLElement} slot */
const isText = (slot) => slot instanceof HTMLTextAreaElement;

/** @param {HTMLElement} slot */
const isRequired = (slot) => slot.closest(".question")?.classList.contains("required") ?? false;

/** @param {HTMLElement} slot */
const isAnswered = (slot) =>
  isText(slot) ? /** @type {HTMLTextAreaElement} */ (slot).value.trim() !== "" : radiosOf(slot).some((radio) => radio.checked);

/** @param {ParentNode} form */
export const activeSlot = (form) =>
  /** @type {HTMLElement | null} */ (form.querySelector("[data-slot][data-active]")) ?? slotsOf(form)[0];

/** Marks a slot and shows its hint. */
export function activate(/** @type {ParentNode} */ form, /** @type {HTMLElement} */ slot) {
  for (const other of slotsOf(form)) other.toggleAttribute("data-active", other === slot);
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

/** Answers the active slot by key; the next one is active then, unless it is a text that may stay empty. */
export function choose(/** @type {HTMLElement} */ form, /** @type {string} */ key) {
  const slot = activeSlot(form);
  const radio = slot && radiosOf(slot).find((each) => each.dataset.key === key);
  if (!radio) return;
  check(radio);
  const slots = slotsOf(form);
  const next = slots[slots.indexOf(slot) + 1];
  if (next && (!isText(next) || (isRequired(next) && !isAnswered(next)))) move(form, 1);
  else focusSlot(slot);
}

/** Moves the active slot's answer along its scale. */
export function shift(/** @type {HTMLElement} */ form, /** @type {number} */ by) {
  const slot = activeSlot(form);
  if (!slot || isText(slot)) return;
  const radios = radiosOf(slot);
  const place = radios.findIndex((radio) => radio.checked);
  check(radios[place < 0 ? (by > 0 ? 0 : radios.length - 1) : moved(place, by, radios.length)]);
  focusSlot(slot);
}

/** Takes the active slot's answer away. */
export function clear(/** @type {HTMLElement} */ form) {
  const slot = activeSlot(form);
  const checked = slot && radiosOf(slot).find((radio) => radio.checked);
  if (!checked) return;
  checked.checked = false;
  checked.dispatchEvent(new Event("change", { bubbles: true }));
}

/** The first text field, to write in. */
export function write(/** @type {HTMLElement} */ form) {
  const texts = slotsOf(form).filter(isText);
  if (texts.length) focusSlot(texts[(texts.indexOf(activeSlot(form)) + 1) % texts.length]);
}

/** @param {HTMLInputElement} radio */
function check(radio) {
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}
