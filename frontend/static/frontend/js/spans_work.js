/**
 * Marking spans in the workspace: what the mouse, a finger and the keys do, for all questions about spans of a form. Keys
 * and selections go to the question whose slot is active.
 */

import { announce } from "./page.js";
import { activate, focusSlot } from "./slots.js";
import { SpansKeys } from "./spans_keys.js";
import { draw, lacking, sentencesOnPage } from "./spans_list.js";
import { brief, isComplete, lines, neighbour, ofText, spansAt } from "./spans_model.js";
import { SpansQuestion } from "./spans_question.js";
import { unitAt } from "./text_cursor.js";
import { mapOf, viewAround } from "./text_map.js";
import { stepped, TextMode } from "./text_mode.js";
import { isAble, Painter } from "./text_paint.js";
import { layerOf, nameOf, placeAt, selected, shortName, viewOf } from "./text_views.js";

/** @typedef {import("./spans_question.js").Label} Label */
/** @typedef {import("./text_views.js").Picked} Picked */

const FURTHEST_LINE = 2;

/** @type {SpansQuestion[]} those on the page */
let questions = [];
const cursor = new TextMode(() => hint());
const painter = new Painter("mark");
/** @type {Picked | "several" | "unmapped" | null} what was last selected in a text */
let picked = null;
let lastText = "";
let isPressing = false;

// ------------------------------------------------------------------------------------- what there is

/** @returns {SpansQuestion | undefined} the one that keys and selections go to */
export function active() {
  const asked = questions.filter(({ element }) => !element.hidden);
  return asked.find(({ slot }) => "active" in slot.dataset) ?? asked[0];
}

/** Whether the active slot is that of a question about spans. */
const isActive = () => Boolean(active()?.slot.hasAttribute("data-active"));

/** @returns {string[]} texts that the active question can be about, and passages where they are evidence */
function texts() {
  const question = active();
  if (!question) return [];
  const passages = [...document.querySelectorAll('[data-text^="context-"]')].map(nameOf);
  return [...question.asked, ...(question.contexts || question.evidence ? new Set(passages) : [])].filter((text) => viewOf(text));
}

/** The text that is worked on: where the cursor, the selection or the current part is, else the first without an answer. */
function textInHand() {
  const question = /** @type {SpansQuestion} */ (active());
  const here = cursor.isOn ? cursor.text : picked && typeof picked === "object" ? picked.text : (question.part?.text ?? lastText);
  return question.asked.includes(here) ? here : (firstOpen(question) ?? question.asked[0]);
}

/** The first text of which nothing is said. @param {SpansQuestion} question */
const firstOpen = ({ asked, marked }) => asked.find((text) => !isComplete(marked, [text]));

/** The text that can be without an error: not one with marks, unless the cursor is in it. */
function textToClean() {
  const question = /** @type {SpansQuestion} */ (active());
  const here = textInHand();
  return cursor.isOn || !ofText(question.marked, here).length ? here : (firstOpen(question) ?? here);
}

// ------------------------------------------------------------------------------------------- drawing

function drawAll() {
  for (const question of questions) draw(question);
  paint();
}

/** Marks of all questions; those of the active one have a wash, the others their lines alone. */
function paint() {
  const all = questions.flatMap((question, number) => question.marked.spans.map((span) => ({ ...span, id: span.id * questions.length + number, number, own: span.id })));
  all.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.start - b.start || b.end - a.end));
  const line = lines(all);
  const views = new Map([...new Set(all.map(({ text }) => text))].map((text) => [text, viewOf(text)]));
  /** @type {Map<string, import("./text_paint.js").Mark>} */
  const wanted = new Map();
  for (const { id, text, start, end, label, number, own } of all) {
    const view = views.get(text);
    const question = questions[number];
    const place = question.labels.get(label)?.number;
    if (!view || place === undefined) continue;
    const look = question === active() && question.current === own ? "now" : String(Math.min(line.get(id) ?? 0, FURTHEST_LINE));
    wanted.set(String(id), { look: `${number}-${place}-${look}`, view, start, end });
  }
  painter.show(wanted);
}

function setLooks() {
  /** @type {Map<string, import("./text_paint.js").Look>} */
  const looks = new Map();
  const front = active();
  questions.forEach((question, number) => {
    const labels = [...question.labels.values()];
    for (const { number: place, colour, line } of labels) {
      const wash = question === front ? colour : "";
      // Of several labels that fit, the first stands in front.
      const priority = labels.length - place;
      for (let below = 0; below <= FURTHEST_LINE; below++) looks.set(`${number}-${place}-${below}`, { wash, line: colour, style: line, below, priority });
      looks.set(`${number}-${place}-now`, { wash: colour, line: colour, style: line, below: 0, priority: 1000, strong: true });
    }
  });
  painter.setLooks(looks);
}

/** Words about what was done, for eyes and ears alike. @param {string} words @param {boolean} isFault */
export function say(words, isFault = false) {
  const place = active()?.slot.querySelector("[data-says]");
  if (!place) return announce(words);
  place.textContent = words;
  place.classList.toggle("fault", isFault);
}

/** The line of hints says what keys do where one is, or what a category means. @param {string} [words] */
function hint(words) {
  const place = document.getElementById("hint");
  const { slot } = active() ?? {};
  if (place && slot) place.textContent = words || ((cursor.isOn ? slot.dataset.keys : slot.dataset.hint) ?? "");
}

/** @param {string} fault @param {() => string} words */
function tell(fault, words) {
  drawAll();
  say(fault || words(), Boolean(fault));
  if (cursor.isOn) cursor.draw(); // the band may have grown over it
  return !fault;
}

// ------------------------------------------------------------------------------------------- actions

/** @returns {Picked | null} what is to be marked */
export function toMark() {
  if (cursor.isOn) return cursor.shown && { ...cursor.shown, exact: true };
  return picked && typeof picked === "object" ? picked : null;
}

/** A category is chosen: for what is selected, else for the current part, else for the word at the cursor, else for what is selected next. @param {Label} label */
export function give(label) {
  const question = active();
  if (!question || question.isLocked) return;
  const target = toMark();
  if (label.isMissing && !(question.part && !question.span)) return miss(question, label);
  if (target) mark(question, target, label);
  else if (question.part) tell(question.relabel(label), () => `${label.words}: ${about(question)}.`);
  else if (picked === "several") say("The selection goes across several texts: select in one.", true);
  else if (picked === "unmapped") say("This has no place in the stored text: show the raw text (r) and mark it there.", true);
  else if (cursor.isOn) markHere(question, label);
  else arm(question, label);
}

/** @param {SpansQuestion} question @param {Picked} target @param {Label} label */
function mark(question, target, label) {
  const before = question.current;
  const fault = question.mark(target, label);
  if (!fault) {
    forgetSelection(question);
    lastText = target.text;
  } else question.current = before;
  const { span } = question;
  tell(fault, () => `Marked as ${label.words}: ${about(question)}.${target.exact ? "" : " The selection was moved to what has a place in the stored text; r shows that."}`);
  if (!fault && span && !cursor.isOn) scrollTo(span);
  if (!fault && span && lacking(question, span) === "comment?") keys.details(question);
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
  if (question.part && !question.span && question.comments !== "off") keys.details(question);
}

/** @param {SpansQuestion} question @param {Label} label */
function arm(question, label) {
  question.armed = question.armed === label.value ? "" : label.value;
  drawAll();
  say(question.armed ? `${label.words}: select text to mark it; ${label.key || "press it"} again to stop.` : "");
}

/** @param {SpansQuestion} question */
const about = ({ span, part }) => (span ? `“${brief(span.quote)}” in ${shortName(span.text)}` : part ? `what is missing in ${shortName(part.text)}` : "");

/** @param {SpansQuestion} question */
function forgetSelection(question) {
  picked = null;
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
  if (question.part) lastText = question.part.text;
  const label = question.labels.get(question.part?.label ?? "")?.words;
  say(question.part ? `${label}: ${about(question)}.` : "");
  showPicking();
}

/** @param {import("./spans_model.js").Span} span */
function scrollTo({ text, start, end }) {
  const view = viewOf(text);
  const [first] = view ? mapOf(view).rangesOf(start, end) : [];
  if (!view || !first) return say("The rendered text does not show this; r shows the raw text.", true);
  const box = mapOf(view).rectsOf(start, end)[0];
  if (!box) return;
  const goal = document.createElement("i"); // only elements can be scrolled to
  goal.className = "text-goal";
  const layer = layerOf(view);
  const origin = layer.getBoundingClientRect();
  goal.style.translate = `${box.left - origin.left}px ${box.top - origin.top}px`;
  layer.append(goal);
  goal.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  goal.remove();
}

/** The part before or after the current one, or after the cursor. @param {1 | -1} by @returns {boolean} whether there is one */
export function go(by) {
  const question = active();
  if (!question) return false;
  const next = neighbour(question.marked, { id: question.current, text: cursor.isOn ? cursor.text : lastText, at: cursor.at }, by);
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
  if (question.marked.clean.includes(text)) lastText = question.asked[question.asked.indexOf(text) + 1] ?? text;
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
  if (question.part && given && lacking(question, question.part)) keys.details(question);
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
function cite(question, value) {
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
  if (tell(question.addEvidence({ text: target.text, ...range }), () => "Evidence added.")) picked = null;
}

// ------------------------------------------------------------------------------- mouse, finger, fields

/** What is marked or selected has its categories at hand, on narrow screens too. */
function showPicking() {
  for (const question of questions) {
    const isInList = question.slot.querySelector(".marks")?.contains(document.activeElement);
    question.slot.toggleAttribute("data-picking", question === active() && !isInList && (Boolean(picked) || question.current !== null || Boolean(question.armed)));
  }
}

document.addEventListener("selectionchange", () => {
  if (!questions.length || cursor.isOn) return;
  const found = selected(getSelection());
  if (found || !isPressing) picked = found;
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
  picked = selected(selection);
  const label = question.labels.get(question.armed);
  if (label && picked && !question.isLocked) {
    question.current = null;
    give(label);
  }
  if (!picked && !target.closest("a, button")) point(question, selection);
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
  lastText = at.text;
  const found = spansAt(question.marked, at.text, at.at);
  const place = found.findIndex(({ id }) => id === question.current);
  choose(question, found.length ? found[(place + 1) % found.length].id : null, false);
}

document.addEventListener("click", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const question = questions.find(({ element }) => element.contains(target));
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
  const question = questions.find(({ slot }) => slot.contains(field));
  if (!question || question.isLocked) return;
  if (field instanceof HTMLSelectElement && field.dataset.field === "label") {
    const label = question.labels.get(field.value);
    if (label) tell(question.relabel(label), () => `${label.words}: ${about(question)}.`);
  } else if (field instanceof HTMLSelectElement && field.value) cite(question, field.value);
});

document.addEventListener("input", (event) => {
  const field = /** @type {HTMLElement} */ (event.target);
  const question = questions.find(({ slot }) => slot.contains(field));
  if (!question || question.isLocked || !(field instanceof HTMLTextAreaElement)) return;
  const fault = question.change({ comment: field.value.trim() ? field.value : undefined });
  tell(fault, () => "");
});

// -------------------------------------------------------------------------------- an item, other views

/** @type {Element | null | undefined} */
let present;

function arrive() {
  const found = [...document.querySelectorAll(".question.spans")].filter((each) => each.querySelector("[data-slot]"));
  if (found.length === questions.length && questions.every(({ element, field }, n) => element === found[n] && field.isConnected)) return refresh();
  cursor.leave();
  painter.anew();
  [picked, lastText] = [null, ""];
  questions = found.map((each) => new SpansQuestion(/** @type {HTMLElement} */ (each)));
  for (const question of questions) question.slot.toggleAttribute("data-ready", true);
  setLooks();
  drawAll();
}

/** What was filled in by others: a draft that was restored. */
function refresh() {
  const stale = questions.filter((question) => question.isStale());
  for (const question of stale) question.load();
  if (stale.length) drawAll();
}

/** The same marks on another view, or on formulas that are set. */
function repaint() {
  if (!questions.length) return;
  painter.anew();
  paint();
  if (cursor.isOn) cursor.draw();
}

/** Nothing is selected, chosen or about to be given any more. @returns {boolean} whether anything was */
function drop() {
  const question = active();
  const isInText = document.activeElement?.matches(":is(.completion, .turn)") ?? false;
  if (!question || !(picked || question.armed || question.current !== null || isInText)) return false;
  if (picked) getSelection()?.removeAllRanges();
  [picked, question.armed] = [null, ""];
  choose(question, null);
  if (isInText) focusSlot(question.slot);
  return true;
}

const keys = new SpansKeys({ cursor, drop, active, isActive, texts, textInHand, choose, give, go, remove, clean, back, rate, moveEdge, citeSelection, say, toMark });

for (const name of ["tandem:item", "htmx:afterSettle"]) document.addEventListener(name, arrive);
document.addEventListener("tandem:formulas", repaint);
document.addEventListener("tandem:command", (event) => {
  const name = /** @type {CustomEvent} */ (event).detail;
  if (name === "raw") setTimeout(repaint); // once the other view is shown
  if (name === "stack") setTimeout(() => cursor.isOn && cursor.draw());
});
document.addEventListener("focusin", (event) => {
  const slot = /** @type {HTMLElement} */ (event.target).closest?.("[data-slot]");
  if (questions.length > 1 && slot && slot !== present) {
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
