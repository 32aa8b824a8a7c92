/**
 * A cursor in the texts of the item: arrow keys move it, with Shift they select. What is selected is the browser's own
 * selection; the cursor is drawn beside it, for texts that nobody types in have none.
 *
 * @typedef {import("./text_cursor.js").Unit} Unit
 * @typedef {{shift: boolean, unit: Unit}} How
 */

import { announce } from "./page.js";
import { isRightToLeft, moved } from "./text_cursor.js";
import { mapOf } from "./text_map.js";
import { caretBox, layerOf, placeAt, select, shortName, viewOf } from "./text_views.js";

const FAR = 5_000; // steps over text that a rendered view does not show

/** Where the cursor is: code points of a text; between `anchor` and `at` lies what is selected. */
export class TextMode {
  /** @param {() => void} changed called when it is switched on or off */
  constructor(changed = () => {}) {
    this.changed = changed;
    this.text = "";
    this.anchor = 0;
    this.at = 0;
    this.isOn = false;
    this.caret = document.createElement("i");
    this.caret.className = "text-caret";
  }

  /** @returns {HTMLElement | undefined} */
  get view() {
    return viewOf(this.text);
  }

  get length() {
    return this.view ? mapOf(this.view).length : 0;
  }

  get name() {
    return shortName(this.text);
  }

  /** What is selected. @returns {{text: string, start: number, end: number} | null} */
  get range() {
    const [start, end] = [Math.min(this.anchor, this.at), Math.max(this.anchor, this.at)];
    return start < end ? { text: this.text, start, end } : null;
  }

  /** What is selected, without what the view does not show at its edges. @returns {{text: string, start: number, end: number} | null} */
  get shown() {
    const { range, view } = this;
    const places = range && view ? mapOf(view).rangesOf(range.start, range.end) : [];
    if (!range || !view || !places.length) return null;
    const whole = document.createRange();
    whole.setStart(places[0].startContainer, places[0].startOffset);
    whole.setEnd(places[places.length - 1].endContainer, places[places.length - 1].endOffset);
    const { start, end } = mapOf(view).rangeAt(whole) ?? range;
    return { text: this.text, start, end };
  }

  /** Puts the cursor into a text. @param {string} text @param {number} at @param {number} anchor */
  enter(text, at = 0, anchor = at) {
    if (!viewOf(text)) return false;
    this.mark(false);
    [this.text, this.at, this.anchor, this.isOn] = [text, at, anchor, true];
    this.mark(true);
    frameOf(this.view)?.focus({ preventScroll: true });
    this.draw();
    this.changed();
    return true;
  }

  leave() {
    this.isOn = false;
    this.mark(false);
    this.caret.remove();
    getSelection()?.removeAllRanges();
    this.changed();
  }

  /** @param {boolean} on */
  mark(on) {
    for (const each of document.querySelectorAll("[data-cursor]")) each.removeAttribute("data-cursor");
    if (on) this.view?.setAttribute("data-cursor", "");
  }

  /** Moves by a unit, on or back as the text is read. @param {1 | -1} by @param {How} how */
  step(by, { shift, unit }) {
    if (this.view) this.go(stepped(this.view, this.at, by, unit), shift);
  }

  /** Left or right, as one sees it. @param {1 | -1} by @param {How} how */
  aside(by, how) {
    this.step(this.isRightToLeft ? /** @type {1 | -1} */ (-by) : by, how);
  }

  /** Up, down, or to an end of the line: the browser knows lines. @param {"forward" | "backward"} by @param {"line" | "lineboundary"} unit @param {boolean} shift */
  line(by, unit, shift) {
    const selection = getSelection();
    const point = this.view && mapOf(this.view).pointOf(this.at);
    if (!selection || !point) return;
    selection.collapse(point.node, point.offset);
    selection.modify("move", by, unit);
    const found = placeAt(selection.anchorNode, selection.anchorOffset);
    if (found?.text === this.text) this.go(found.at, shift);
    else this.draw();
  }

  /** @param {number} at @param {boolean} shift */
  go(at, shift = false) {
    const before = this.at;
    this.at = at;
    if (!shift) this.anchor = at;
    this.draw();
    this.tell(before);
  }

  /** The other end of the selection is moved from now on. */
  swap() {
    [this.anchor, this.at] = [this.at, this.anchor];
    this.draw();
  }

  /** What was gone past, or is selected, for those who do not see it. @param {number} before */
  tell(before) {
    const view = this.view;
    if (!view) return;
    const { range } = this;
    const passed = mapOf(view).slice(Math.min(before, this.at), Math.max(before, this.at));
    announce(range ? `Selected: ${mapOf(view).slice(range.start, range.end).slice(0, 300)}` : passed.trim().slice(0, 300) || "space");
  }

  get isRightToLeft() {
    if (!this.view) return false;
    const { points } = mapOf(this.view);
    return isRightToLeft(points.text, points.toUnits(this.at));
  }

  draw() {
    const view = this.view;
    if (!this.isOn || !view) return;
    this.at = Math.min(this.at, mapOf(view).length);
    const { range } = this;
    select(view, range?.start ?? 0, range?.end ?? 0);
    const box = caretBox(view, this.at, this.isRightToLeft);
    this.caret.hidden = !box;
    if (!box) return;
    const layer = layerOf(view);
    if (this.caret.parentElement !== layer) layer.append(this.caret);
    const origin = layer.getBoundingClientRect();
    this.caret.style.translate = `${box.left - origin.left - 1}px ${box.top - origin.top}px`;
    this.caret.style.height = `${box.height}px`;
    this.caret.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  }
}

/**
 * The place a unit further: past something that the view shows, and where it shows something.
 *
 * @param {HTMLElement} view @param {number} from @param {1 | -1} by @param {Unit} unit
 */
export function stepped(view, from, by, unit) {
  const map = mapOf(view);
  const isSeen = (/** @type {number} */ at) => map.isMapped(Math.min(from, at), Math.max(from, at));
  let at = from;
  for (let n = 0; n < FAR; n++) {
    const next = map.points.fromUnits(moved(map.points.text, map.points.toUnits(at), by, isSeen(at) && n ? "characters" : unit));
    if (next === at) break;
    at = next;
    if (isSeen(at) && map.pointOf(at)) break;
  }
  return at;
}

/** What can have the focus around a view: the completion, or the turn of a passage. @param {Element | undefined} view */
export const frameOf = (view) => /** @type {HTMLElement | null} */ (view?.closest("[tabindex]") ?? null);
