/**
 * The editor of a completion. What is edited stands as JSON in one hidden field; everything else on the page is drawn
 * from it, and changes it: the whole text to write over, a passage that is selected in the completion, the list of edits
 * with their categories and reasons, the scores.
 *
 * @typedef {import("./edits.js").Edit} Edit
 * @typedef {{initial?: number, final?: number}} Score
 */

import { announce } from "../frontend/js/page.js";
import { Painter } from "../frontend/js/text_paint.js";
import { selected, viewOf } from "../frontend/js/text_views.js";
import { drawRows, marked } from "./edit_rows.js";
import { Plain, edited, lengthOf, moved, revised } from "./edits.js";

const BRIEF = 32; // characters of a passage on its button

/** One completion's editor. */
class Editor {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.place = Number(element.dataset.place);
    this.text = `completion-${this.place}`;
    this.stored = element.dataset.original ?? "";
    this.plain = new Plain(this.stored);
    /** @type {Edit[]} with places of the stored text, in order */
    this.edits = [];
    this.unchanged = false;
    /** @type {Score} */
    this.score = {};
    /** @type {Edit | null} a passage that was chosen and is not written over yet */
    this.passage = null;
  }

  /** @template {Element} T @param {string} selector @returns {T} */
  part(selector) {
    return /** @type {T} */ (this.element.querySelector(selector));
  }

  get written() {
    return /** @type {HTMLTextAreaElement} */ (this.part("[data-written]"));
  }

  /** The edits with places of the text as the field has it. */
  get shown() {
    return this.edits.map((each) => this.plain.fromStored(each));
  }

  /** Takes over what was written. */
  write() {
    const before = [...this.shown, ...(this.passage ? [this.passage] : [])];
    const points = [...this.stored];
    this.edits = revised(this.plain.text, this.written.value, before).map((each) => {
      const edit = this.plain.toStored(each);
      return { ...edit, text: points.slice(edit.start, edit.end).join("") };
    });
    if (this.edits.length) this.unchanged = false;
  }

  /** @param {number} number of an edit */
  takeBack(number) {
    this.edits = this.edits.filter((_, place) => place !== number);
    this.passage = null;
    this.fill();
  }

  /** Puts the edited text into its field. */
  fill() {
    const now = edited(this.plain.text, this.shown);
    if (this.written.value !== now) this.written.value = now;
  }

  /** To write over a passage: it is selected in the field, and stays one edit. @param {number} start @param {number} end */
  choose(start, end) {
    const { start: from, end: to } = this.plain.fromStored({ start, end, replacement: "" });
    this.passage = { start: from, end: to, replacement: "", text: "", whole: true };
    const units = (/** @type {number} */ place) => [...this.written.value].slice(0, moved(this.shown, place)).join("").length;
    this.written.focus();
    this.written.setSelectionRange(units(from), units(to));
  }

  draw() {
    const { element, edits, unchanged, score } = this;
    this.part(".writing").toggleAttribute("data-answered", unchanged || edits.length > 0);
    this.part("[data-reset]").toggleAttribute("hidden", !edits.length);
    const box = /** @type {HTMLInputElement} */ (this.part("[data-unchanged]"));
    [box.checked, box.disabled] = [unchanged, edits.length > 0];
    element.toggleAttribute("data-as-it-was", unchanged);
    drawRows(element, edits, this.stored);
    for (const scale of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll("[data-score]"))) {
      const points = score[/** @type {keyof Score} */ (scale.dataset.score)];
      for (const each of scale.querySelectorAll("input")) each.checked = Number(each.value) === points;
      scale.hidden = scale.dataset.score === "final" && unchanged;
    }
    this.part("[data-preview]").toggleAttribute("hidden", !edits.length);
    this.part(".marked").replaceChildren(...(edits.length ? marked(this.stored, edits) : []));
  }
}

// ------------------------------------------------------------------------------------- a question

/** @type {Map<HTMLInputElement, Editor[]>} by the hidden field */
const questions = new Map();
const editors = () => [...questions.values()].flat();

/** @param {Element | null | undefined} within */
const editorOf = (within) => editors().find(({ element }) => within && element.contains(within));

/** Reads the hidden field into the editors. @param {HTMLInputElement} field @param {Editor[]} parts */
function read(field, parts) {
  /** @type {{edits?: (Edit & {completion: number})[], unchanged?: number[], scores?: (Score & {completion: number})[]}} */
  let held = {};
  try {
    held = JSON.parse(field.value || "{}");
  } catch {
    field.value = "";
  }
  for (const part of parts) {
    const mine = (held.edits ?? []).filter(({ completion }) => completion === part.place);
    part.edits = mine.map(({ completion, ...edit }) => ({ ...edit, whole: true }));
    part.unchanged = (held.unchanged ?? []).includes(part.place);
    const { completion, ...score } = (held.scores ?? []).find((each) => each.completion === part.place) ?? { completion: 0 };
    [part.score, part.passage] = [score, null];
    part.fill();
    part.draw();
  }
}

/** Writes the editors into the hidden field, and tells the form. @param {Editor} changed */
function store(changed) {
  const [field, parts] = /** @type {[HTMLInputElement, Editor[]]} */ ([...questions].find(([, each]) => each.includes(changed)));
  const edits = parts.flatMap(({ place, edits: own }) =>
    own.map(({ start, end, text, replacement, label, reason }) => ({ completion: place, start, end, text, replacement, ...(label && { label }), ...(reason?.trim() && { reason }) })),
  );
  const unchanged = parts.filter((each) => each.unchanged).map(({ place }) => place);
  const scores = parts.filter(({ score }) => Object.keys(score).length).map(({ place, score, unchanged: same }) => ({ completion: place, ...score, ...(same && { final: undefined }) }));
  const isEmpty = !edits.length && !unchanged.length && !scores.length;
  field.value = isEmpty ? "" : JSON.stringify({ edits, unchanged, scores });
  changed.draw();
  paint();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

// ---------------------------------------------------------------------------- marks in the completion

/** @type {Painter | undefined} */
let painter;

/** What gives way is struck through in its category's colour where the completion is shown. */
function paint() {
  if (!painter) {
    painter = new Painter("edit");
    const colours = ["red", "blue", "orange", "violet", "teal", "pink", "green", "brown", "yellow", "grey"];
    painter.setLooks(new Map(colours.map((colour) => [colour, { wash: colour, line: colour, style: "solid", below: 0 }])));
  }
  /** @type {Map<string, import("../frontend/js/text_paint.js").Mark>} */
  const wanted = new Map();
  for (const { element, text, edits } of editors()) {
    const view = viewOf(text);
    edits.forEach(({ start, end, label }, number) => {
      const named = label && element.parentElement?.querySelector("template")?.content.querySelector(`input[value="${CSS.escape(label)}"]`);
      const look = /** @type {HTMLElement | null} */ (named ? named.closest("[data-colour]") : null)?.dataset.colour ?? "red";
      if (view && start < end) wanted.set(`${text}-${number}`, { look, view, start, end });
    });
  }
  painter.show(wanted);
}

// --------------------------------------------------------------------------------- what is selected

/** The passage of a completion that is selected, with its editor. */
function passage() {
  const found = selected(getSelection());
  if (!found || typeof found === "string") return null;
  const editor = editors().find(({ text, unchanged }) => text === found.text && !unchanged);
  return editor ? { editor, ...found } : null;
}

function offerPassage() {
  if (!questions.size) return;
  const found = passage();
  for (const editor of editors()) {
    const button = editor.part("[data-passage]");
    button.toggleAttribute("hidden", found?.editor !== editor);
    if (found?.editor !== editor) continue;
    const quoted = [...editor.stored].slice(found.start, found.end);
    const quote = button.querySelector("q");
    if (quote) quote.textContent = quoted.length > BRIEF ? `${quoted.slice(0, BRIEF - 1).join("")}…` : quoted.join("");
  }
}

// -------------------------------------------------------------------------------------------- wiring

document.addEventListener("input", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const editor = editorOf(target);
  if (!editor) return;
  if (target.matches("[data-written]")) editor.write();
  else if (target.matches(".reason")) {
    const edit = editor.edits[rowOf(target)];
    if (edit) edit.reason = /** @type {HTMLTextAreaElement} */ (target).value;
  } else return;
  store(editor);
});

document.addEventListener("change", (event) => {
  const target = /** @type {HTMLInputElement} */ (event.target);
  const editor = editorOf(target);
  if (!editor || target.type === "textarea") return;
  if (target.matches("[data-unchanged]")) setUnchanged(editor, target.checked);
  else if (target.closest("[data-score]")) setScore(editor, target);
  else if (target.closest(".change")) {
    const edit = editor.edits[rowOf(target)];
    if (edit) edit.label = target.checked ? target.value : undefined;
  } else return;
  store(editor);
});

/** @param {Editor} editor @param {boolean} on */
function setUnchanged(editor, on) {
  editor.unchanged = on && !editor.edits.length;
  if (on && editor.edits.length) announce("There are edits: take them back first.");
}

/** @param {Editor} editor @param {HTMLInputElement} button */
function setScore(editor, button) {
  const name = /** @type {keyof Score} */ (/** @type {HTMLElement} */ (button.closest("[data-score]")).dataset.score);
  if (button.checked) editor.score[name] = Number(button.value);
  else delete editor.score[name];
}

/** @param {Element} within */
const rowOf = (within) => Number(/** @type {HTMLElement} */ (within.closest(".change"))?.dataset.number ?? -1);

document.addEventListener("click", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const editor = editorOf(target);
  if (!editor) return;
  if (target.closest("[data-passage]")) return void rewrite();
  if (target.closest("[data-reset]")) editor.edits = [];
  else if (target.closest("[data-take-back]")) editor.edits = editor.edits.filter((_, place) => place !== rowOf(target));
  else return;
  editor.fill();
  store(editor);
  focusSlot(editor.part(".writing"));
});

// A press of the button must not take the selection away before it is read.
document.addEventListener("mousedown", (event) => {
  if (/** @type {HTMLElement} */ (event.target).closest?.("[data-passage]")) event.preventDefault();
});

/** @returns {boolean} whether a passage was selected, to be written over */
function rewrite() {
  const found = passage();
  if (!found) return false;
  found.editor.choose(found.start, found.end);
  getSelection()?.empty();
  offerPassage();
  return true;
}

/** Gives the focus to a slot as a whole. @param {HTMLElement} slot */
function focusSlot(slot) {
  slot.tabIndex = -1;
  slot.focus({ preventScroll: true });
}

document.addEventListener("tandem:command", (event) => {
  const name = /** @type {CustomEvent} */ (event).detail;
  const slot = /** @type {HTMLElement | null} */ (document.querySelector("form .edit [data-slot][data-active]"));
  const editor = editorOf(slot);
  const isDone = (name === "write" && (rewrite() || (editor && slot && toWrite(editor, slot)))) || (name === "clear" && editor && slot && clear(editor, slot));
  if (isDone) event.preventDefault();
});

/** @param {Editor} editor @param {HTMLElement} slot @returns {boolean} */
function toWrite(editor, slot) {
  const field = /** @type {HTMLTextAreaElement | null} */ (slot.matches(".change") ? slot.querySelector(".reason") : slot.matches(".writing") ? editor.written : null);
  if (!field || editor.unchanged) return false;
  field.focus();
  if (slot.matches(".change")) field.setSelectionRange(field.value.length, field.value.length);
  return true;
}

/** The category of an edit first, then the edit itself. @param {Editor} editor @param {HTMLElement} slot */
function clear(editor, slot) {
  const number = rowOf(slot);
  if (number < 0 || editor.edits[number]?.label) return false;
  editor.takeBack(number);
  store(editor);
  const rows = [.../** @type {NodeListOf<HTMLElement>} */ (editor.element.querySelectorAll(".change"))];
  focusSlot(rows[Math.min(number, rows.length - 1)] ?? editor.part(".writing"));
  return true;
}

// Esc leads from writing back to what is written about, before anything else is made of it.
document.addEventListener(
  "keydown",
  (event) => {
    const field = /** @type {HTMLElement} */ (event.target);
    const slot = /** @type {HTMLElement | null} */ (field.closest?.(".edit [data-slot]"));
    if (event.key !== "Escape" || event.isComposing || !slot || !field.matches("textarea")) return;
    event.preventDefault();
    const editor = editorOf(field);
    if (editor) editor.passage = null;
    focusSlot(slot);
    if (field.matches("[data-written]") && editor) announce(`${editor.edits.length} edits`);
  },
  { capture: true },
);

document.addEventListener("selectionchange", offerPassage);

function arrive() {
  questions.clear();
  for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll(".question.edit [data-answer]"))) {
    const parts = [.../** @type {NodeListOf<HTMLElement>} */ (field.parentElement?.querySelectorAll("[data-edit]") ?? [])].map((each) => new Editor(each));
    questions.set(field, parts);
    read(field, parts);
  }
  if (questions.size || painter) paint();
}

document.addEventListener("tandem:item", arrive);
document.addEventListener("htmx:afterSettle", () => {
  const known = new Set(editors().map(({ element }) => element));
  if ([.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".question.edit [data-edit]"))].some((each) => !known.has(each))) arrive();
});
arrive();
