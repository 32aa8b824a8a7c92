/**
 * The list of what is marked, beside the texts: each part a button, the current one with all that can be changed about it.
 * Rows stay the same elements while their parts are there, so that the focus stays too.
 *
 * @typedef {import("./spans_question.js").SpansQuestion} SpansQuestion
 * @typedef {import("./spans_model.js").Span | import("./spans_model.js").Missing} Part
 */

import { brief } from "./spans_model.js";
import { shortName } from "./text_views.js";

/** @template {keyof HTMLElementTagNameMap} K @param {K} tag @param {Record<string, string>} [attributes] @param {...(Node | string)} children @returns {HTMLElementTagNameMap[K]} */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Draws everything of a question that is beside the texts. @param {SpansQuestion} question */
export function draw(question) {
  drawRows(question);
  drawDetails(question);
  drawCounts(question);
  drawLabels(question);
}

// --------------------------------------------------------------------------------------------- rows

/** @param {SpansQuestion} question */
const listOf = ({ slot }) => /** @type {HTMLOListElement} */ (slot.querySelector("ol[data-list]"));

/** @param {SpansQuestion} question */
function drawRows(question) {
  const list = listOf(question);
  const rows = new Map([...list.children].map((row) => [/** @type {HTMLElement} */ (row).dataset.id, row]));
  const parts = [...question.marked.spans, ...question.marked.missing];
  /** @type {Element | null} */
  let before = null;
  for (const part of parts) {
    const row = rows.get(String(part.id)) ?? newRow(part);
    rows.delete(String(part.id));
    describe(question, /** @type {HTMLElement} */ (row), part);
    const place = before ? before.nextElementSibling : list.firstElementChild;
    if (row !== place) list.insertBefore(row, place);
    before = row;
  }
  for (const gone of rows.values()) gone.remove();
  list.hidden = parts.length === 0;
}

/** @param {Part} part */
const newRow = ({ id }) => make("li", { "data-id": String(id) }, make("button", { type: "button", class: "jump", "data-jump": String(id) }));

/** @param {SpansQuestion} question @param {HTMLElement} row @param {Part} part */
function describe(question, row, part) {
  const isCurrent = part.id === question.current;
  row.toggleAttribute("data-current", isCurrent);
  const button = /** @type {HTMLElement} */ (row.firstElementChild);
  button.setAttribute("aria-expanded", String(isCurrent));
  const lacks = lacking(question, part);
  const seen = JSON.stringify([part.text, part.label, part.severity, part.comment, part.evidence?.length, "quote" in part && part.quote, question.suggested.whose(part), lacks]);
  if (row.dataset.seen === seen) return;
  row.dataset.seen = seen;
  button.replaceChildren(...words(question, part, lacks));
}

/** @param {SpansQuestion} question @param {Part} part @param {string} lacks */
function words(question, part, lacks) {
  const label = question.labels.get(part.label);
  const by = question.suggested.whose(part);
  const severity = question.severities.find(({ value }) => value === part.severity)?.words;
  const quote = "quote" in part ? make("q", { dir: "auto" }, brief(part.quote, 60)) : make("i", {}, "missing");
  const said = [label?.words ?? part.label, severity, part.evidence?.length ? `${part.evidence.length} evidence` : ""].filter(Boolean).join(" · ");
  return [
    make("b", {}, shortName(part.text)),
    make("span", { class: "swatch", "data-colour": label?.colour ?? "grey", "data-line": label?.line ?? "solid" }),
    make("span", { class: "said" }, said),
    quote,
    ...(part.comment ? [make("span", { class: "comment", dir: "auto" }, brief(part.comment, 80))] : []),
    ...(by ? [make("span", { class: "suggested" }, `suggested by ${by}`)] : []),
    ...(lacks ? [make("span", { class: "lacks" }, lacks)] : []),
  ];
}

/** What is still owed about a part. @param {SpansQuestion} question @param {Part} part */
export function lacking(question, part) {
  if (question.severities.length && !part.severity) return "how severe?";
  return question.comments === "required" && !part.comment ? "comment?" : "";
}

// ------------------------------------------------------------------------------------------ details

/** @param {SpansQuestion} question @returns {HTMLElement | null} the fields of the current part */
export const detailsOf = ({ slot }) => slot.querySelector("ol[data-list] .details");

/** @param {SpansQuestion} question */
function drawDetails(question) {
  const part = question.part;
  const row = part && listOf(question).querySelector(`[data-id="${part.id}"]`);
  let details = detailsOf(question);
  if (details && details.parentElement !== row) {
    details.remove();
    details = null;
  }
  if (!row || !part || question.isLocked) return details?.remove();
  if (!details) {
    details = /** @type {HTMLElement} */ (question.details.cloneNode(true).firstElementChild);
    row.append(details);
    row.scrollIntoView({ block: "nearest", behavior: "instant" });
  }
  fill(question, details, part);
}

/** @param {SpansQuestion} question @param {HTMLElement} details @param {Part} part */
function fill(question, details, part) {
  const about = "quote" in part ? `“${brief(part.quote)}”` : "what is missing";
  details.setAttribute("aria-label", `About ${about}`);
  const isMissing = !("quote" in part);
  const select = /** @type {HTMLSelectElement} */ (details.querySelector("[data-field=label]"));
  const fitting = [...question.labels.values()].filter((label) => label.isMissing === isMissing);
  select.replaceChildren(...fitting.map(({ value, words }) => make("option", { value }, words)));
  select.value = part.label;
  for (const button of details.querySelectorAll("[data-severity]")) {
    button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.severity === part.severity));
  }
  const comment = /** @type {HTMLTextAreaElement | null} */ (details.querySelector("[data-field=comment]"));
  if (comment && comment !== document.activeElement) comment.value = part.comment ?? "";
  for (const each of details.querySelectorAll("[data-edge]")) each.toggleAttribute("hidden", isMissing);
  fillEvidence(question, details, part);
}

// ----------------------------------------------------------------------------------------- evidence

/** Passages' sentences by number, as the page shows them. @returns {HTMLElement[]} */
export const sentencesOnPage = () => [...document.querySelectorAll('[data-text^="context-"] .sentence')].map((each) => /** @type {HTMLElement} */ (each));

/** @param {SpansQuestion} question @param {HTMLElement} details @param {Part} part */
function fillEvidence(question, details, part) {
  const place = details.querySelector("[data-evidence]");
  if (!place) return;
  const select = /** @type {HTMLSelectElement} */ (place.querySelector("select"));
  const seen = JSON.stringify([part.id, part.evidence, question.marked.spans.length]);
  if (select.dataset.seen === seen) return;
  select.dataset.seen = seen;
  const others = question.marked.spans.filter(({ id }) => id !== part.id);
  const sentences = sentencesOnPage().map((each) => make("option", { value: each.id }, `${each.id.replace(/^passage-(\d+)-/, "$1:")} ${brief(each.textContent ?? "", 70)}`));
  const spans = others.map(({ id, text, quote }) => make("option", { value: `span-${id}` }, `${shortName(text)} “${brief(quote, 60)}”`));
  const groups = [["Sentences of the passages", sentences], ["Other marks", spans]].filter(([, options]) => options.length);
  select.replaceChildren(make("option", { value: "" }, "Evidence…"), ...groups.map(([label, options]) => make("optgroup", { label: String(label) }, .../** @type {Node[]} */ (options))));
  const pieces = (part.evidence ?? []).map((piece, n) => {
    const other = "span" in piece ? question.marked.spans.find(({ id }) => id === piece.span) : piece;
    const words = `${shortName(other?.text ?? "")} “${brief(other?.quote ?? "", 30)}”`;
    return make("button", { type: "button", class: "piece-of-evidence", "data-drop": String(n), "aria-label": `Take the evidence ${words} away` }, words, make("span", { "aria-hidden": "true" }, "×"));
  });
  place.querySelector("[data-pieces]")?.replaceChildren(...pieces);
}

// --------------------------------------------------------------------------------- counts and labels

/** @param {SpansQuestion} question */
function drawCounts({ slot, marked }) {
  const parts = [...marked.spans, ...marked.missing];
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (slot.querySelectorAll("[data-clean]"))) {
    const text = button.dataset.clean ?? "";
    const count = parts.filter((part) => part.text === text).length;
    button.setAttribute("aria-pressed", String(marked.clean.includes(text)));
    button.classList.toggle("taken", count > 0);
    const shown = slot.querySelector(`[data-count="${text}"]`);
    if (shown) shown.textContent = count ? `${count} marked` : marked.clean.includes(text) ? "nothing to mark" : "not marked yet";
  }
}

/** Which label the current part has, or each selection gets. @param {SpansQuestion} question */
function drawLabels({ labels, part, armed }) {
  for (const { value, button } of labels.values()) {
    button.setAttribute("aria-pressed", String(armed ? armed === value : part?.label === value));
    button.classList.toggle("armed", armed === value);
  }
}
