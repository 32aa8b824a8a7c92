/**
 * What is at hand while spans are marked: the questions on the page, the cursor, what is selected.
 *
 * @typedef {import("./spans_question.js").SpansQuestion} SpansQuestion
 * @typedef {import("./text_views.js").Picked} Picked
 */

import { isComplete, ofText } from "./spans_model.js";
import { TextMode } from "./text_mode.js";
import { nameOf, viewOf } from "./text_views.js";

/** @type {{questions: SpansQuestion[], picked: Picked | "several" | "unmapped" | null, lastText: string}} `picked` is what was last selected in a text, `lastText` the text that was last worked on */
export const here = { questions: [], picked: null, lastText: "" };
export const cursor = new TextMode();

/** @returns {SpansQuestion | undefined} the one that keys and selections go to */
export function active() {
  const asked = here.questions.filter(({ element }) => !element.hidden);
  return asked.find(({ slot }) => "active" in slot.dataset) ?? asked[0];
}

/** Whether the active slot is that of a question about spans. */
export const isActive = () => Boolean(active()?.slot.hasAttribute("data-active"));

/** @returns {string[]} texts that the active question can be about, and passages where they are evidence */
export function texts() {
  const question = active();
  if (!question) return [];
  const passages = [...document.querySelectorAll('[data-text^="context-"]')].map(nameOf);
  return [...question.asked, ...(question.contexts || question.evidence ? new Set(passages) : [])].filter((text) => viewOf(text));
}

/** The text that is worked on: where the cursor, the selection or the current part is, else the first without an answer. */
export function textInHand() {
  const question = /** @type {SpansQuestion} */ (active());
  const name = cursor.isOn ? cursor.text : here.picked && typeof here.picked === "object" ? here.picked.text : (question.part?.text ?? here.lastText);
  return question.asked.includes(name) ? name : (firstOpen(question) ?? question.asked[0]);
}

/** The first text of which nothing is said. @param {SpansQuestion} question */
const firstOpen = ({ asked, marked }) => asked.find((text) => !isComplete(marked, [text]));

/** The text that can be without an error: not one with marks, unless the cursor is in it. */
export function textToClean() {
  const question = /** @type {SpansQuestion} */ (active());
  const name = textInHand();
  return cursor.isOn || !ofText(question.marked, name).length ? name : (firstOpen(question) ?? name);
}

/** @returns {Picked | null} what is to be marked */
export function toMark() {
  if (cursor.isOn) return cursor.shown && { ...cursor.shown, exact: true };
  return here.picked && typeof here.picked === "object" ? here.picked : null;
}
