/** The item on the page, and what its form holds. */

import { keeper } from "./storage.js";

/** @typedef {[string, string][]} Fields names and values, as a form sends them */

export const local = keeper(() => localStorage);
export const session = keeper(() => sessionStorage);

export const work = () => /** @type {HTMLElement | null} */ (document.getElementById("work"));
export const form = () => /** @type {HTMLFormElement | null} */ (document.getElementById("answers"));
/** Names the item and its turn; empty where there is none. */
export const keyOf = () => work()?.dataset.key ?? "";

/** @param {FormData} data @returns {Fields} */
export const fieldsOf = (data) => [...data].map(([name, value]) => [name, String(value)]);

/** @param {HTMLFormElement} fields @returns {Fields} what is answered */
export const answersOf = (fields) => fieldsOf(new FormData(fields)).filter(([name]) => name.startsWith("answer-"));

/** Fills a form in: what is not among `held` is empty then. @param {HTMLFormElement} fields @param {Fields} held */
export function fillIn(fields, held) {
  const values = new Map(held);
  for (const field of fields.elements) {
    if (field instanceof HTMLTextAreaElement) field.value = values.get(field.name) ?? "";
    else if (!(field instanceof HTMLInputElement) || !field.name.startsWith("answer-")) continue;
    else if (field.type === "radio" || field.type === "checkbox") field.checked = held.some(([name, value]) => name === field.name && value === field.value);
    else field.value = values.get(field.name) ?? "";
  }
}
