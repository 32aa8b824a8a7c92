/**
 * One question about spans: its labels and rules as its template gives them, and what is marked, which is kept as JSON in
 * its hidden field.
 *
 * @typedef {{value: string, words: string, colour: string, line: string, key: string, isMissing: boolean, number: number, button: HTMLButtonElement}} Label
 * @typedef {{value: string, words: string}} Severity
 * @typedef {import("./text_cursor.js").Unit} Unit
 */

import { showAsked } from "./conditions.js";
import { snapped } from "./text_cursor.js";
import { mapOf } from "./text_map.js";
import { viewOf } from "./text_views.js";
import * as model from "./spans_model.js";
import { Suggested } from "./spans_suggested.js";

// So that labels differ in more than their colour.
const LINES = ["solid", "dashed", "double", "dotted", "wavy"];

/** @template T @param {ParentNode} within @param {string} selector @returns {T[]} */
const all = (within, selector) => /** @type {any} */ ([...within.querySelectorAll(selector)]);

export class SpansQuestion {
  /** @param {HTMLElement} element `.question.spans` */
  constructor(element) {
    this.element = element;
    this.slot = /** @type {HTMLElement} */ (element.querySelector("[data-slot]"));
    this.field = /** @type {HTMLInputElement} */ (element.querySelector("input[data-answer]"));
    const { snap, overlap, comments, evidence, contexts } = this.slot.dataset;
    this.snap = /** @type {Unit} */ (snap);
    this.rules = { overlap: overlap !== undefined };
    this.comments = comments ?? "off";
    this.evidence = evidence !== undefined;
    this.suggested = new Suggested(this.slot.dataset.suggested, this.slot.dataset.suggestedBy);
    this.contexts = contexts !== undefined;
    /** @type {Map<string, Label>} */
    this.labels = new Map(all(this.slot, "[data-label]").map((button, number) => [button.dataset.label, label(button, number)]));
    /** @type {string[]} the completions that are asked about */
    this.asked = all(this.slot, "[data-clean]").map((button) => button.dataset.clean);
    this.cleanKey = this.slot.dataset.cleanKey ?? "";
    /** @type {Severity[]} */
    this.severities = all(this.details, "[data-severity]").map((each) => ({ value: each.dataset.severity, words: each.dataset.words }));
    /** @type {number | null} the part that keys change */
    this.current = null;
    this.edge = /** @type {"start" | "end"} */ ("end");
    this.armed = ""; // the label that each selection gets at once
    this.load();
  }

  /** What the row of the current part shows: to be copied. @returns {DocumentFragment} */
  get details() {
    return /** @type {HTMLTemplateElement} */ (this.element.querySelector("template[data-details]")).content;
  }

  get isLocked() {
    return this.field.matches(":disabled");
  }

  get marked() {
    return this.history.present;
  }

  get part() {
    return model.partOf(this.marked, this.current);
  }

  get span() {
    return model.spanOf(this.marked, this.current);
  }

  // --------------------------------------------------------------------------------- the hidden field

  load() {
    this.held = this.field.value;
    this.history = new model.History(this.read());
    this.current = null;
    this.comeTo();
    if (this.field.form) showAsked(this.field.form);
  }

  /** For questions that are asked upon the answer. */
  comeTo() {
    this.field.dataset.outcome = model.outcomes(this.marked).join(" ");
  }

  read() {
    try {
      return model.read(this.field.value);
    } catch {
      return model.NOTHING; // what was sent was no answer: the page says so
    }
  }

  /** Whether the field was filled in by others: a draft that is restored. */
  isStale() {
    return this.field.value !== this.held;
  }

  store() {
    this.slot.toggleAttribute("data-answered", model.isAnswered(this.marked, this.asked));
    if (!this.part) this.current = null;
    const value = model.write(this.marked);
    if (value === this.held) return;
    this.field.value = this.held = value;
    this.comeTo();
    this.field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // ------------------------------------------------------------------------------------------ changes

  /** @param {model.Outcome} outcome @returns {string} the fault, if there is one */
  take({ marked, id, fault }) {
    if (fault) return fault;
    this.history.go(marked);
    if (id !== undefined) [this.current, this.edge] = [id, "end"];
    this.store();
    return "";
  }

  /** Why a text takes no marks of this question; empty where it does. @param {string} text */
  refusal(text) {
    if (text.startsWith("context") && !this.contexts) return "Passages are not marked here, only completions.";
    if (text.startsWith("completion") && !this.asked.includes(text)) return "This completion is not asked about.";
    return "";
  }

  /** Marks part of a text, grown to whole units. @param {{text: string, start: number, end: number}} picked @param {Label} label */
  mark(picked, label) {
    const refused = this.refusal(picked.text);
    if (refused) return refused;
    const range = this.grown(picked);
    if (!range) return "There is only white space.";
    return this.take(model.added(this.marked, { text: picked.text, ...range, label: label.value }, this.rules));
  }

  /** @param {{text: string, start: number, end: number}} picked @param {Unit} unit */
  grown({ text, start, end }, unit = this.snap) {
    const view = viewOf(text);
    if (!view) return null;
    const { points } = mapOf(view);
    const found = snapped(points.text, { start: points.toUnits(start), end: points.toUnits(end) }, unit);
    return found && { start: points.fromUnits(found.start), end: points.fromUnits(found.end), quote: points.text.slice(found.start, found.end) };
  }

  /** @param {string} text @param {Label} label */
  miss(text, label) {
    return this.refusal(text) || this.take(model.addedMissing(this.marked, { text, label: label.value }));
  }

  /** @param {Partial<model.Quoted & model.Said>} fields of the current part */
  change(fields) {
    if (this.current === null) return "";
    const { edge } = this;
    const fault = this.take(model.changed(this.marked, this.current, fields, this.rules));
    this.edge = edge;
    return fault;
  }

  /** Gives the current part another label. @param {Label} label */
  relabel(label) {
    const isMissing = !this.span;
    if (label.isMissing !== isMissing) return isMissing ? "What is missing has no place: choose a category of what is missing." : "A mark has a place: choose another category for it.";
    return this.change({ label: label.value });
  }

  /** Moves an edge of the current span to about a place. @param {"start" | "end"} edge @param {number} at */
  moveEdge(edge, at) {
    const span = this.span;
    if (!span) return "";
    const wanted = { text: span.text, start: span.start, end: span.end, [edge]: at };
    if (wanted.start >= wanted.end) return "";
    const range = this.grown(wanted);
    return range ? this.change(range) : "";
  }

  remove(id = this.current) {
    if (id === null) return;
    const after = model.neighbour(this.marked, { id }, 1) ?? model.neighbour(this.marked, { id }, -1);
    this.history.go(model.removed(this.marked, id));
    if (this.current === id) this.current = after?.id ?? null;
    this.store();
  }

  /** @param {string} text */
  clean(text) {
    return this.refusal(text) || this.take(model.cleaned(this.marked, text));
  }

  /** @param {"undo" | "redo"} way @returns {boolean} */
  back(way) {
    const found = this.history[way]();
    this.store();
    return found;
  }

  /** @param {model.Evidence} piece */
  addEvidence(piece) {
    const before = this.part?.evidence ?? [];
    const same = JSON.stringify(piece);
    if (before.some((each) => JSON.stringify(each) === same)) return "That is evidence already.";
    return this.change({ evidence: [...before, piece] });
  }

  /** @param {number} place */
  dropEvidence(place) {
    return this.change({ evidence: (this.part?.evidence ?? []).filter((_, n) => n !== place) });
  }
}

/** @param {HTMLButtonElement} button @param {number} number @returns {Label} */
function label(button, number) {
  const { label = "", colour = "grey", key = "" } = button.dataset;
  button.querySelector(".swatch")?.setAttribute("data-line", LINES[number % LINES.length]);
  return { value: label, words: button.dataset.words ?? label, colour, line: LINES[number % LINES.length], key, isMissing: "missing" in button.dataset, number, button };
}
