/**
 * Marking spans in the workspace: what the mouse and a finger do, for all questions about spans of a form, and what an item
 * that arrives brings. Keys and selections go to the question whose slot is active.
 */

import { activate } from "./slots.js";
import { about, choose, cite, citeSelection, clean, give, moveEdge, rate, remove, ways } from "./spans_actions.js";
import { drawAll, hint, paint, painter, repaint, setLooks, showPicking, tell } from "./spans_drawing.js";
import { SpansKeys } from "./spans_keys.js";
import { spansAt } from "./spans_model.js";
import { SpansQuestion } from "./spans_question.js";
import { active, cursor, here } from "./spans_state.js";
import { viewAround } from "./text_map.js";
import { isAble } from "./text_paint.js";
import { placeAt, selected, viewOf } from "./text_views.js";

let isPressing = false; // something beside the texts

// ------------------------------------------------------------------------------- mouse, finger, fields

document.addEventListener("selectionchange", () => {
  if (!here.questions.length || cursor.isOn) return;
  const found = selected(getSelection());
  if (found || !isPressing) here.picked = found;
  showPicking();
});

// A finger on a category takes the selection away before it is used.
document.addEventListener("pointerdown", ({ target }) => (isPressing = Boolean(/** @type {Element} */ (target).closest(".question.spans"))), true);

document.addEventListener("pointerup", (event) => {
  const question = active();
  const target = /** @type {Element} */ (event.target);
  if (!question || event.pointerType === "touch" || event.button !== 0 || !viewAround(target)) return;
  setTimeout(() => pointed(question, target)); // once the browser has selected
});

/** @param {SpansQuestion} question @param {Element} target */
function pointed(question, target) {
  const selection = getSelection();
  if (cursor.isOn) follow(selection);
  here.picked = selected(selection);
  const label = question.labels.get(question.armed);
  if (label && here.picked && !question.isLocked) {
    question.current = null;
    give(label);
  }
  if (!here.picked && !target.closest("a, button")) point(question, selection);
}

/** The cursor goes where the mouse was. @param {Selection | null} selection */
function follow(selection) {
  const [anchor, at] = [placeAt(selection?.anchorNode ?? null, selection?.anchorOffset ?? 0), placeAt(selection?.focusNode ?? null, selection?.focusOffset ?? 0)];
  if (anchor && at && anchor.text === at.text) cursor.enter(at.text, at.at, anchor.at);
}

/** A mark that is pressed is the current one; pressed again, the one below it. @param {SpansQuestion} question @param {Selection | null} selection */
function point(question, selection) {
  const at = placeAt(selection?.anchorNode ?? null, selection?.anchorOffset ?? 0);
  if (!at) return;
  here.lastText = at.text;
  const found = spansAt(question.marked, at.text, at.at);
  const place = found.findIndex(({ id }) => id === question.current);
  choose(question, found.length ? found[(place + 1) % found.length].id : null, false);
}

document.addEventListener("click", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const question = here.questions.find(({ element }) => element.contains(target));
  if (!question) return touched(target);
  const button = target.closest("button");
  if (!button || question.isLocked && !button.dataset.jump) return;
  press(question, button.dataset);
});

/** A tap on a mark. @param {HTMLElement} target */
function touched(target) {
  const question = active();
  if (!question || !matchMedia("(pointer: coarse)").matches || !viewAround(target) || target.closest("a, button")) return;
  if (!selected(getSelection())) point(question, getSelection());
}

/** @param {SpansQuestion} question @param {DOMStringMap} what */
function press(question, what) {
  const form = question.element.closest("form");
  if (form) activate(form, question.slot);
  const label = question.labels.get(what.label ?? "");
  if (label) give(label);
  else if (what.clean) clean(what.clean);
  else if (what.jump) choose(question, question.current === Number(what.jump) ? null : Number(what.jump));
  else if (what.severity) rate(what.severity);
  else if (what.move) nudge(question, what.move);
  else if (what.drop) tell(question.dropEvidence(Number(what.drop)), () => "Evidence taken away.");
  else if ("cite" in what) citeSelection();
  else if ("delete" in what) removeByHand(question);
}

/** @param {SpansQuestion} question @param {string} what such as "start-back" */
function nudge(question, what) {
  const [edge, way] = what.split("-");
  question.edge = edge === "start" ? "start" : "end";
  moveEdge(way === "on" ? 1 : -1, question.snap);
}

/** The focus goes to the part that is current then. @param {SpansQuestion} question */
function removeByHand(question) {
  remove();
  const row = question.slot.querySelector("[data-current] .jump");
  /** @type {HTMLElement} */ (row ?? question.slot).focus();
}

// Pressing a category leaves the selection where it is.
document.addEventListener("mousedown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.closest?.(".question.spans button")) event.preventDefault();
});

document.addEventListener("change", (event) => {
  const field = /** @type {HTMLElement} */ (event.target);
  const question = here.questions.find(({ slot }) => slot.contains(field));
  if (!question || question.isLocked) return;
  if (field instanceof HTMLSelectElement && field.dataset.field === "label") {
    const label = question.labels.get(field.value);
    if (label) tell(question.relabel(label), () => `${label.words}: ${about(question)}.`);
  } else if (field instanceof HTMLSelectElement && field.value) cite(question, field.value);
});

document.addEventListener("input", (event) => {
  const field = /** @type {HTMLElement} */ (event.target);
  const question = here.questions.find(({ slot }) => slot.contains(field));
  if (!question || question.isLocked || !(field instanceof HTMLTextAreaElement)) return;
  const fault = question.change({ comment: field.value.trim() ? field.value : undefined });
  tell(fault, () => "");
});

// -------------------------------------------------------------------------------- an item, other views

/** @type {Element | null | undefined} */
let present;

function arrive() {
  const found = [...document.querySelectorAll(".question.spans")].filter((each) => each.querySelector("[data-slot]"));
  if (found.length === here.questions.length && here.questions.every(({ element, field }, n) => element === found[n] && field.isConnected)) return refresh();
  cursor.leave();
  painter.anew();
  [here.picked, here.lastText] = [null, ""];
  here.questions = found.map((each) => new SpansQuestion(/** @type {HTMLElement} */ (each)));
  for (const question of here.questions) question.slot.toggleAttribute("data-ready", true);
  setLooks();
  drawAll();
  if (here.questions.length) showAskedAbout(here.questions[0].asked);
}

/** Of many completions side by side, of which some are asked about, the first of these is to be seen. @param {string[]} asked */
function showAskedAbout(asked) {
  const completions = document.querySelectorAll("[data-shelf] > .completion").length;
  const completion = asked.length < completions ? viewOf(asked[0] ?? "")?.closest(".completion") : null;
  const shelf = completion?.parentElement;
  if (completion && shelf) shelf.scrollLeft += completion.getBoundingClientRect().left - shelf.getBoundingClientRect().left;
}

/** What was filled in by others: a draft that was restored. */
function refresh() {
  const stale = here.questions.filter((question) => question.isStale());
  for (const question of stale) question.load();
  if (stale.length) drawAll();
}

const keys = new SpansKeys();
ways.details = (question) => keys.details(question);

for (const name of ["tandem:item", "htmx:afterSettle"]) document.addEventListener(name, arrive);
document.addEventListener("tandem:formulas", repaint);
document.addEventListener("tandem:command", (event) => {
  const name = /** @type {CustomEvent} */ (event).detail;
  if (name === "raw") setTimeout(repaint); // once the other view is shown
  if (name === "stack") setTimeout(() => cursor.isOn && cursor.draw());
});
document.addEventListener("focusin", (event) => {
  const slot = /** @type {HTMLElement} */ (event.target).closest?.("[data-slot]");
  if (here.questions.length > 1 && slot && slot !== present) {
    present = slot;
    setLooks();
    painter.anew();
    paint();
  }
  if (cursor.isOn && !cursor.view?.closest("[tabindex]")?.contains(/** @type {Node} */ (event.target))) cursor.leave();
});
document.addEventListener("focusin", showPicking);
for (const name of ["mouseover", "focusin"]) {
  document.addEventListener(name, (event) => {
    const category = /** @type {HTMLElement} */ (event.target).closest?.(".question.spans .category");
    const { title, dataset } = /** @type {HTMLElement} */ (category ?? document.body);
    if (category && title) hint(`${dataset.words}: ${title}`);
  });
}
addEventListener("resize", () => {
  if (!isAble) painter.over();
  if (cursor.isOn) cursor.draw();
});

arrive();
