/**
 * What annotators marked, painted over the texts of a page that only shows them. The tables beside the texts say what there
 * is: each row with `data-of`, `data-start` and `data-end` (code points) is a part, by whose label, or a stretch with a
 * level of support. Whose parts are painted is chosen above the table; without script the tables say it all.
 */

import { Painter, isAble, whenTextMoves } from "./text_paint.js";
import { mapOf } from "./text_map.js";
import { viewOf } from "./text_views.js";

// As in the workspace: annotators differ in the kind and place of their line, labels in colour.
const LINES = ["solid", "dashed", "double", "dotted", "wavy"];
const LEVELS = 5;
const HEAT = "orange";

/** @template T @param {ParentNode} within @param {string} selector @returns {T[]} */
const all = (within, selector) => /** @type {any} */ ([...within.querySelectorAll(selector)]);

const parts = new Painter("part");
const heat = new Painter("heat"); // its colours stand in marks.css: they do not come from data
const chosen = new Painter("chosen");

/** The turn of each annotator among all on the page. @returns {Map<string, number>} */
const turns = () => new Map(all(document, "[data-overlay] input[data-by]").map((/** @type {HTMLInputElement} */ each, n) => [each.dataset.by ?? "", n]));

function setLooks() {
  const [looks, turn] = [new Map(), turns()];
  for (const row of all(document, "[data-overlay] tr[data-of-label]")) {
    const { colour = "grey", ofLabel = "" } = /** @type {HTMLElement} */ (row).dataset;
    const n = turn.get(ofLabel) ?? 0;
    looks.set(`${colour}-${n}`, { wash: colour, line: colour, style: LINES[n % LINES.length], below: n % 3 });
  }
  parts.setLooks(looks);
  chosen.setLooks(new Map([["one", { wash: "", line: "grey", style: "solid", below: 0, priority: 10, strong: true }]]));
  if (!isAble) heat.setLooks(new Map(Array.from({ length: LEVELS }, (_, n) => [String(n + 1), { wash: HEAT, line: HEAT, style: "solid", below: 0, strong: n > 2 }])));
}

/** @param {HTMLElement} row @param {string} look @returns {import("./text_paint.js").Mark | null} */
function markOf(row, look) {
  const view = viewOf(row.dataset.of ?? "");
  if (!view || row.dataset.start === undefined) return null;
  const [start, end] = [Number(row.dataset.start), Number(row.dataset.end)];
  return start < end ? { look, view, start, end } : null;
}

/** @param {HTMLElement[]} rows @param {(row: HTMLElement) => string} look */
function marksOf(rows, look) {
  const found = new Map();
  for (const row of rows) {
    const mark = markOf(row, look(row));
    if (mark) found.set(`${row.rowIndex} ${row.dataset.ofLabel} ${row.dataset.of} ${mark.start} ${mark.end} ${mark.look}`, mark);
  }
  return found;
}

function paint() {
  const on = new Set(all(document, "[data-overlay] input[data-by]:checked").map((/** @type {HTMLInputElement} */ each) => each.dataset.by));
  const heats = all(document, "[data-overlay]").filter((section) => section.querySelector("input[data-heat]:checked"));
  const rows = /** @type {HTMLElement[]} */ (all(document, "[data-overlay] tr[data-of-label]")).filter((row) => on.has(row.dataset.ofLabel));
  const turn = turns();
  parts.show(marksOf(rows, ({ dataset }) => `${dataset.colour}-${turn.get(dataset.ofLabel ?? "") ?? 0}`));
  heat.show(marksOf(heats.flatMap((section) => all(section, "tr[data-level]")), (row) => row.dataset.level ?? "1"));
}

/** Shows where a row's part stands. @param {HTMLElement} row */
function show(row) {
  const mark = markOf(row, "one");
  const before = document.querySelector("[data-overlay] button[aria-pressed=true]");
  before?.setAttribute("aria-pressed", "false");
  if (!mark || before?.closest("tr") === row) return chosen.show(new Map());
  row.querySelector("button")?.setAttribute("aria-pressed", "true");
  chosen.show(new Map([["one", mark]]));
  const [first] = mapOf(mark.view).rangesOf(mark.start, mark.end);
  const element = first?.startContainer.parentElement;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element?.scrollIntoView({ block: "center", behavior: still ? "instant" : "smooth" });
}

/** Makes quotes buttons, and shows what chooses whose marks are painted. */
function begin() {
  const sections = all(document, "[data-overlay]");
  if (!sections.length) return;
  for (const quote of all(document, "[data-overlay] [data-quote]:not(button [data-quote])")) {
    const row = quote.closest("tr");
    if (!row || !markOf(row, "")) continue;
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "show-mark", title: "Show it in the text" });
    button.setAttribute("aria-pressed", "false");
    quote.replaceWith(button);
    button.append(quote);
  }
  for (const each of all(document, "[data-overlay] [data-controls]")) each.hidden = false;
  all(document, "[data-overlay] input[data-by]").forEach((input, n) => {
    input.parentElement?.querySelector("[data-who]")?.setAttribute("data-line", LINES[n % LINES.length]);
  });
  setLooks();
  again();
}

/** The texts on the page may be others, or stand otherwise. */
function again() {
  for (const painter of [parts, heat, chosen]) painter.anew();
  paint();
}

document.addEventListener("change", ({ target }) => {
  if (target instanceof HTMLInputElement && target.closest("[data-controls]")) paint();
});
document.addEventListener("click", ({ target }) => {
  const row = target instanceof Element ? target.closest(".show-mark")?.closest("tr") : null;
  if (row) show(row);
});
document.addEventListener("htmx:afterSettle", begin);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", setLooks);
whenTextMoves(again);
begin();
