/**
 * Ranks by hand: a board with a lane for each place and a chip for each completion, drawn from lane to lane by
 * mouse, pen or finger. What is chosen stands in the radio buttons; the board only shows and sets them.
 *
 * Where ties are not allowed, whoever stood in a place goes where the other came from.
 */

/** @typedef {{letter: string, radios: HTMLInputElement[]}} Row */

/** @param {Element} board @returns {Row[]} */
const rowsOf = (board) =>
  [...(board.closest(".question")?.querySelectorAll("[data-letter]") ?? [])].map((each) => ({
    letter: /** @type {HTMLElement} */ (each).dataset.letter ?? "",
    radios: [...each.querySelectorAll("input")],
  }));

/** @param {Row} row @returns {number} its place from 1, 0 without one */
const placeOf = (row) => row.radios.findIndex((radio) => radio.checked) + 1;

const boards = () => /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("form [data-board]"));

/** Draws the lanes and chips anew from the radio buttons. */
function draw(/** @type {HTMLElement} */ board) {
  const rows = rowsOf(board);
  const lanes = [...Array(rows.length + 1).keys()].map((place) => lane(place, rows));
  board.replaceChildren(...lanes.slice(1), lanes[0]);
  board.hidden = false;
}

/** @param {number} place @param {Row[]} rows */
function lane(place, rows) {
  const made = document.createElement("div");
  made.className = place ? "lane" : "lane unranked";
  made.dataset.place = String(place);
  const words = document.createElement("span");
  words.textContent = place === 1 ? "1 best" : place ? String(place) : "not ranked";
  made.append(words);
  for (const row of rows) {
    if (placeOf(row) !== place) continue;
    const chip = document.createElement("span");
    chip.className = "chip";
    chip.dataset.chip = row.letter;
    chip.textContent = row.letter;
    made.append(chip);
  }
  return made;
}

/** Puts a row into a place (0: none), and tells the form. */
function set(/** @type {Row} */ row, /** @type {number} */ place) {
  for (const radio of row.radios) radio.checked = false;
  if (place) row.radios[place - 1].checked = true;
  (row.radios[place - 1] ?? row.radios[0]).dispatchEvent(new Event("change", { bubbles: true }));
}

/** Whoever shares the place of `row`, where ties are not allowed, gets the place that was left. */
function makeRoom(/** @type {HTMLElement} */ board, /** @type {Row} */ row, /** @type {number} */ left) {
  const place = placeOf(row);
  if ("ties" in board.dataset || !place) return;
  const other = rowsOf(board).find((each) => each.letter !== row.letter && placeOf(each) === place);
  if (other) set(other, left === place ? 0 : left);
}

// ------------------------------------------------------------------------------------------- drawing

/** @type {{chip: HTMLElement, board: HTMLElement, x: number, y: number} | null} */
let held = null;

function take(/** @type {PointerEvent} */ event) {
  const chip = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest?.("[data-chip]"));
  const board = /** @type {HTMLElement | null} */ (chip?.closest("[data-board]"));
  if (!chip || !board || event.button !== 0) return;
  held = { chip, board, x: event.clientX, y: event.clientY };
  chip.classList.add("drawn");
  event.preventDefault();
}

function follow(/** @type {PointerEvent} */ event) {
  if (!held) return;
  held.chip.style.translate = `${event.clientX - held.x}px ${event.clientY - held.y}px`;
  const over = under(event);
  for (const each of held.board.children) each.classList.toggle("over", each === over);
}

/** @returns {Element | null} the lane below the pointer */
function under(/** @type {PointerEvent} */ event) {
  const found = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-place]") ?? null;
  return found && held?.board.contains(found) ? found : null;
}

function drop(/** @type {PointerEvent} */ event) {
  if (!held) return;
  const { chip, board } = held;
  const onto = event.type === "pointerup" ? /** @type {HTMLElement | null} */ (under(event)) : null;
  held = null;
  const row = rowsOf(board).find((each) => each.letter === chip.dataset.chip);
  if (row && onto) set(row, Number(onto.dataset.place));
  draw(board);
}

// -------------------------------------------------------------------------------------------- wiring

/** @type {WeakMap<HTMLElement, Map<string, number>>} where each stood before */
const stood = new WeakMap();

function remember(/** @type {HTMLElement} */ board) {
  stood.set(board, new Map(rowsOf(board).map((row) => [row.letter, placeOf(row)])));
}

function changed(/** @type {Event} */ event) {
  const slot = /** @type {HTMLElement} */ (event.target).closest?.("[data-letter]");
  const board = /** @type {HTMLElement | null} */ (slot?.closest(".question")?.querySelector("[data-board]") ?? null);
  if (!board || !slot) return;
  const before = stood.get(board)?.get(/** @type {HTMLElement} */ (slot).dataset.letter ?? "") ?? 0;
  remember(board);
  const row = rowsOf(board).find((each) => each.letter === /** @type {HTMLElement} */ (slot).dataset.letter);
  if (row) makeRoom(board, row, before);
  draw(board);
}

function arrive() {
  for (const board of boards()) {
    remember(board);
    draw(board);
  }
}

document.addEventListener("pointerdown", take);
document.addEventListener("pointermove", follow);
document.addEventListener("pointerup", drop);
document.addEventListener("pointercancel", drop);
document.addEventListener("change", changed);
document.addEventListener("htmx:afterSettle", arrive);
arrive();
