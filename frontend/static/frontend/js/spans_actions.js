/** What can be done to marks, whoever asks for it: a key, a button, the mouse. All are about the active question. */

import { focusSlot } from "./slots.js";
import { say, drawAll, scrollTo, showPicking, tell } from "./spans_drawing.js";
import { lacking, sentencesOnPage } from "./spans_list.js";
import { brief, neighbour, spansAt } from "./spans_model.js";
import { active, cursor, here, textInHand, textToClean, toMark } from "./spans_state.js";
import { unitAt } from "./text_cursor.js";
import { mapOf, viewAround } from "./text_map.js";
import { stepped } from "./text_mode.js";
import { nameOf, shortName, viewOf } from "./text_views.js";

/** @typedef {import("./spans_question.js").SpansQuestion} SpansQuestion */
/** @typedef {import("./spans_question.js").Label} Label */
/** @typedef {import("./text_views.js").Picked} Picked */

/** Leads to the fields of the current part; the keys' module sets it, as it leads back from there. @type {{details: (question: SpansQuestion) => unknown}} */
export const ways = { details: () => undefined };

/** A category is chosen: for what is selected, else for the current part, else for the word at the cursor, else for what is selected next. @param {Label} label */
export function give(label) {
  const question = active();
  if (!question || question.isLocked) return;
  const target = toMark();
  if (label.isMissing && !(question.part && !question.span)) return miss(question, label);
  if (target) mark(question, target, label);
  else if (question.part) tell(question.relabel(label), () => `${label.words}: ${about(question)}.`);
  else if (here.picked === "several") say("The selection goes across several texts: select in one.", true);
  else if (here.picked === "unmapped") say("This has no place in the stored text: show the raw text (r) and mark it there.", true);
  else if (cursor.isOn) markHere(question, label);
  else arm(question, label);
}

/** @param {SpansQuestion} question @param {Picked} target @param {Label} label */
function mark(question, target, label) {
  const before = question.current;
  const fault = question.mark(target, label);
  if (!fault) {
    forgetSelection(question);
    here.lastText = target.text;
  } else question.current = before;
  const { span } = question;
  tell(fault, () => `Marked as ${label.words}: ${about(question)}.${target.exact ? "" : " The selection was moved to what has a place in the stored text; r shows that."}`);
  if (!fault && span && !cursor.isOn) scrollTo(span);
  if (!fault && span && lacking(question, span) === "comment?") ways.details(question);
}

/** @param {SpansQuestion} question @param {Label} label */
function markHere(question, label) {
  const view = cursor.view;
  if (!view) return;
  const { points } = mapOf(view);
  const found = unitAt(points.text, points.toUnits(cursor.at), question.snap === "sentences" ? "sentences" : "words");
  if (found) mark(question, { text: cursor.text, start: points.fromUnits(found.start), end: points.fromUnits(found.end), exact: true }, label);
  else say("There is no word here: select with Shift and the arrow keys.", true);
}

/** @param {SpansQuestion} question @param {Label} label */
function miss(question, label) {
  const text = textInHand();
  tell(question.miss(text, label), () => `${label.words} in ${shortName(text)}: say what in the comment.`);
  if (question.part && !question.span && question.comments !== "off") ways.details(question);
}

/** @param {SpansQuestion} question @param {Label} label */
function arm(question, label) {
  question.armed = question.armed === label.value ? "" : label.value;
  drawAll();
  say(question.armed ? `${label.words}: select text to mark it; ${label.key || "press it"} again to stop.` : "");
}

/** @param {SpansQuestion} question */
export const about = ({ span, part }) => (span ? `“${brief(span.quote)}” in ${shortName(span.text)}` : part ? `what is missing in ${shortName(part.text)}` : "");

/** @param {SpansQuestion} question */
function forgetSelection(question) {
  here.picked = null;
  if (cursor.isOn && question.span) cursor.enter(question.span.text, question.span.end);
  else getSelection()?.removeAllRanges();
  showPicking();
}

/** Makes a part the current one and brings it into sight. @param {SpansQuestion} question @param {number | null} id @param {boolean} show */
export function choose(question, id, show = true) {
  question.current = id;
  question.edge = "end";
  const { span } = question;
  if (span && cursor.isOn) cursor.enter(span.text, span.end);
  drawAll();
  if (span && show) scrollTo(span);
  if (question.part) here.lastText = question.part.text;
  const label = question.labels.get(question.part?.label ?? "")?.words;
  say(question.part ? `${label}: ${about(question)}.` : "");
  showPicking();
}

/** The part before or after the current one, or after the cursor. @param {1 | -1} by @returns {boolean} whether there is one */
export function go(by) {
  const question = active();
  if (!question) return false;
  const next = neighbour(question.marked, { id: question.current, text: cursor.isOn ? cursor.text : here.lastText, at: cursor.at }, by);
  if (next) choose(question, next.id);
  return Boolean(next);
}

export function remove() {
  const question = active();
  if (!question || question.isLocked) return;
  if (question.current === null && cursor.isOn) question.current = spansAt(question.marked, cursor.text, cursor.at)[0]?.id ?? null;
  if (question.current === null) return say("Nothing is chosen: [ and ] go from mark to mark.", true);
  const gone = about(question);
  question.remove();
  drawAll();
  say(`Deleted: ${gone}. z brings it back.`);
  showPicking();
}

/** @param {string} text */
export function clean(text = textToClean()) {
  const question = active();
  if (!question || question.isLocked) return;
  question.current = null;
  tell(question.clean(text), () => `${shortName(text)}: ${question.marked.clean.includes(text) ? "nothing to mark" : "not marked yet"}.`);
  if (question.marked.clean.includes(text)) here.lastText = question.asked[question.asked.indexOf(text) + 1] ?? text;
}

/** @param {"undo" | "redo"} way */
export function back(way) {
  const question = active();
  if (!question || question.isLocked) return;
  const found = question.back(way);
  drawAll();
  say(found ? (way === "undo" ? "Taken back." : "Done again.") : "There is nothing to take back.", !found);
}

/** @param {string} severity */
export function rate(severity) {
  const question = active();
  const words = question?.severities.find(({ value }) => value === severity)?.words;
  if (!question?.part || question.isLocked || !words) return;
  const given = question.part.severity === severity ? undefined : severity;
  tell(question.change({ severity: given }), () => `${words}: ${about(question)}.`);
  if (question.part && given && lacking(question, question.part)) ways.details(question);
}

/** Moves the edge that is being moved. @param {1 | -1} by as the text is read @param {import("./text_cursor.js").Unit} unit */
export function moveEdge(by, unit) {
  const question = active();
  const span = question?.span;
  if (!question || !span || question.isLocked) return;
  const edge = question.edge;
  const view = viewOf(span.text);
  if (!view) return;
  const at = stepped(view, span[edge], by, unit);
  const fault = question.moveEdge(edge, at);
  if (cursor.isOn && question.span) cursor.enter(span.text, question.span[edge]);
  tell(fault, () => `${edge === "end" ? "Ends" : "Starts"} anew: ${about(question)}.`);
}

/** @param {SpansQuestion} question @param {string} value of the list of evidence */
export function cite(question, value) {
  const sentence = sentencesOnPage().find(({ id }) => id === value);
  if (value.startsWith("span-")) return tell(question.addEvidence({ span: Number(value.slice(5)) }), () => "Evidence added.");
  const view = /** @type {HTMLElement | null} */ (viewAround(sentence ?? null));
  if (!sentence || !view) return;
  const range = document.createRange();
  range.selectNodeContents(sentence);
  const found = mapOf(view).rangeAt(range);
  if (found) tell(question.addEvidence({ text: nameOf(view), start: found.start, end: found.end, quote: mapOf(view).slice(found.start, found.end) }), () => "Evidence added.");
}

/** What is selected in a passage is evidence for the current part. */
export function citeSelection() {
  const question = active();
  const target = toMark();
  if (!question?.part || question.isLocked || !question.evidence) return;
  const range = target?.text.startsWith("context") ? question.grown(target, "words") : null;
  if (!target || !range) return say("Select the evidence in a passage first.", true);
  if (tell(question.addEvidence({ text: target.text, ...range }), () => "Evidence added.")) here.picked = null;
}

/** Nothing is selected, chosen or about to be given any more. @returns {boolean} whether anything was */
export function drop() {
  const question = active();
  const isInText = document.activeElement?.matches(":is(.completion, .turn)") ?? false;
  if (!question || !(here.picked || question.armed || question.current !== null || isInText)) return false;
  if (here.picked) getSelection()?.removeAllRanges();
  [here.picked, question.armed] = [null, ""];
  choose(question, null);
  if (isInText) focusSlot(question.slot);
  return true;
}
