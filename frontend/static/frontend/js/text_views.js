/**
 * The texts of the item on the page that can be marked, by name: "completion-0" by its shown place, "context-0".
 * Offsets are code points.
 *
 * @typedef {{text: string, start: number, end: number, exact: boolean}} Picked part of a text
 */

import { mapOf, viewAround, viewsOf } from "./text_map.js";

/** The view of a text that is to be seen. @param {string} text @returns {HTMLElement | undefined} */
export const viewOf = (text) => viewsOf(text).find((each) => !each.closest("[hidden]"));

/** @param {Element | null | undefined} view */
export const nameOf = (view) => view?.getAttribute("data-text") ?? "";

/**
 * What is selected of one text. "several" where it goes across texts, "unmapped" where it is no stored text.
 *
 * @param {Selection | null} selection @returns {Picked | "several" | "unmapped" | null}
 */
export function selected(selection) {
  if (!selection?.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const touched = [...document.querySelectorAll("[data-text]")].filter((each) => !each.closest("[hidden]") && range.intersectsNode(each));
  const views = touched.length > 1 ? touched.filter((each) => String(within(range, each)).trim()) : touched;
  if (views.length > 1) return "several";
  if (!views.length) return null;
  const found = mapOf(views[0]).rangeAt(within(range, views[0]));
  return found && found.start < found.end ? { ...found, text: nameOf(views[0]) } : "unmapped";
}

/** The part of a range that is in an element. @param {Range} range @param {Element} element */
function within(range, element) {
  const inside = document.createRange();
  inside.selectNodeContents(element);
  if (inside.comparePoint(range.startContainer, range.startOffset) === 0) inside.setStart(range.startContainer, range.startOffset);
  if (inside.comparePoint(range.endContainer, range.endOffset) === 0) inside.setEnd(range.endContainer, range.endOffset);
  return inside;
}

/** The place in a text that a place on the page stands for. @param {Node | null} node @param {number} offset @returns {{text: string, at: number} | null} */
export function placeAt(node, offset) {
  const view = viewAround(node);
  if (!view || !node) return null;
  const point = document.createRange();
  point.setStart(node, offset);
  const found = mapOf(view).rangeAt(point);
  return found && { text: nameOf(view), at: found.start };
}

/** Shows part of a text as selected, or nothing. @param {HTMLElement} view @param {number} start @param {number} end */
export function select(view, start, end) {
  const ranges = start < end ? mapOf(view).rangesOf(start, end) : [];
  if (!ranges.length) return getSelection()?.removeAllRanges();
  const [first, last] = [ranges[0], ranges[ranges.length - 1]];
  getSelection()?.setBaseAndExtent(first.startContainer, first.startOffset, last.endContainer, last.endOffset);
}

/**
 * Where a line between two characters is drawn, in the window; undefined where it is not to be seen.
 *
 * @param {HTMLElement} view @param {number} at @param {boolean} isRightToLeft @returns {{left: number, top: number, height: number} | undefined}
 */
export function caretBox(view, at, isRightToLeft) {
  const map = mapOf(view);
  const next = at < map.length ? map.rectsOf(at, at + 1)[0] : undefined;
  if (next) return { left: isRightToLeft ? next.right : next.left, top: next.top, height: next.height };
  const before = at > 0 ? map.rectsOf(at - 1, at).at(-1) : undefined;
  return before && { left: isRightToLeft ? before.left : before.right, top: before.top, height: before.height };
}

/** An element before a view in which things are put at places of it; it takes no room. @param {HTMLElement} view @returns {HTMLElement} */
export function layerOf(view) {
  const before = view.previousElementSibling;
  if (before?.matches(".over-text")) return /** @type {HTMLElement} */ (before);
  const layer = document.createElement("div");
  layer.className = "over-text";
  layer.setAttribute("aria-hidden", "true");
  view.before(layer);
  return layer;
}

/** Where words about a text say it is: "A", "passage 1". @param {string} text */
export function shortName(text) {
  const [kind, place] = text.split("-");
  return kind === "context" ? `passage ${Number(place) + 1}` : String.fromCharCode(65 + Number(place));
}
