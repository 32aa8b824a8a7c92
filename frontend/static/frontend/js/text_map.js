/**
 * Which code points of a stored text stand where on the page, and back.
 *
 * A text has up to two views, both `[data-text="completion-0"]`, `"context-1"` and so on. The raw one (`data-raw`, or the
 * only one) holds the stored text itself, in as many elements as it likes. In the rendered one (`data-rendered`) elements
 * with `data-s` say where their text comes from: one offset for all of it, or one for each of its lines, in which case a
 * line's end stands for whatever lies between it and the next line. With `data-e` as well, the element as a whole
 * stands for what lies between the two, whatever it shows. What is in no such element is not source text.
 *
 * Offsets are half-open and in Unicode code points everywhere but in the DOM's own ranges. Maps are kept until their view
 * changes, so `mapOf` is cheap and is best asked anew each time.
 */

import { CodePoints } from "./code_points.js";

/**
 * A piece of text on the page. `whole`: the element of which only all or nothing can be marked; `s` is -1 where it is
 * not source text.
 *
 * @typedef {{node: Text, from: number, to: number, last: Text, s: number, e: number, whole: Element | null, simple: boolean}} Part
 * @typedef {{start: number, end: number, exact: boolean}} Found `exact` is false where the selection had to be moved: it
 *     cut an element that can only be marked whole, or began or ended in what is not source text.
 */

/** @type {WeakMap<Element, {map: TextMap, watch: MutationObserver}>} */
const kept = new WeakMap();

/**
 * The map of a view.
 *
 * @param {Element} view an element with `data-text` @returns {TextMap}
 */
export function mapOf(view) {
  const known = kept.get(view);
  if (known && known.watch.takeRecords().length === 0 && known.map.isCurrent()) return known.map;
  known?.watch.disconnect();
  const map = new TextMap(view);
  const watch = new MutationObserver(() => {
    watch.disconnect();
    if (kept.get(view)?.watch === watch) kept.delete(view);
  });
  watch.observe(view, { childList: true, characterData: true, subtree: true });
  kept.set(view, { map, watch });
  return map;
}

/**
 * The view that a place of the page lies in.
 *
 * @param {Node | null} node @returns {HTMLElement | null}
 */
export function viewAround(node) {
  const element = node instanceof Element ? node : (node?.parentElement ?? null);
  return element?.closest("[data-text]") ?? null;
}

/**
 * The views of a text, hidden ones too.
 *
 * @param {string} text such as "completion-0" @param {ParentNode} root @returns {HTMLElement[]}
 */
export const viewsOf = (text, root = document) => [...root.querySelectorAll(`[data-text="${CSS.escape(text)}"]`)].map((view) => /** @type {HTMLElement} */ (view));

/** The view that holds the stored text itself. @param {Element} view @returns {Element} */
function rawOf(view) {
  if (!view.hasAttribute("data-rendered")) return view;
  const others = viewsOf(view.getAttribute("data-text") ?? "", view.parentElement ?? document);
  return others.find((other) => !other.hasAttribute("data-rendered")) ?? view;
}

export class TextMap {
  /** @type {Part[] | null} */
  #parts = null;
  /** @type {Part[]} those that are source text, by place */
  #shown = [];
  /** @type {CodePoints | null} */
  #points = null;
  /** @type {TextMap | null} */
  #raw = null;

  /** @param {Element} view */
  constructor(view) {
    this.view = view;
    const raw = rawOf(view);
    if (raw !== view) this.#raw = mapOf(raw);
  }

  /** Whether the stored text that it was made with is still the page's. */
  isCurrent() {
    return this.#raw === null || mapOf(this.#raw.view) === this.#raw;
  }

  /** The stored text, counted. @returns {CodePoints} */
  get points() {
    if (this.#raw) return this.#raw.points;
    return (this.#points ??= new CodePoints(this.view.textContent ?? ""));
  }

  /** The stored text. @returns {string} */
  get source() {
    return this.points.text;
  }

  /** Of the stored text, in code points. @returns {number} */
  get length() {
    return this.points.length;
  }

  /** What stands in the stored text between two code points. @param {number} start @param {number} end */
  slice(start, end) {
    return this.points.slice(start, end);
  }

  /**
   * What of the stored text is selected; null where nothing of it is. A collapsed range gives the place it is at.
   *
   * @param {AbstractRange} range @returns {Found | null}
   */
  rangeAt(range) {
    if (!range.startContainer.isConnected || !range.endContainer.isConnected) return null;
    const [from, to] = [edge(range.startContainer, range.startOffset), edge(range.endContainer, range.endOffset)];
    if (range.collapsed) return this.#placeAt(from);
    const [first, last] = [this.#forward(from), this.#back(to)];
    if (!first || !last || first.at >= last.at) return null;
    return { start: first.at, end: last.at, exact: first.exact && last.exact };
  }

  /** @param {Range} point @returns {Found | null} */
  #placeAt(point) {
    const [after, before] = [this.#forward(point), this.#back(point)];
    const isInside = after?.touches && before?.touches && after.at < before.at; // of a character
    const near = isInside ? after : ([before, after].find((found) => found?.touches) ?? after ?? before);
    return near && { start: near.at, end: near.at, exact: near.exact && near.touches };
  }

  /** The first place of the stored text that is not before a point of the page. @param {Range} point */
  #forward(point) {
    const parts = this.#all();
    let place = first(parts, (part) => point.comparePoint(part.last, part.to) > 0);
    let [exact, touches] = [true, true];
    for (; place < parts.length && parts[place].s < 0; place++) [exact, touches] = [exact && isBlank(parts[place]), false];
    if (place >= parts.length) return null;
    const part = parts[place];
    const isWithin = point.comparePoint(part.node, part.from) < 0;
    if (!isWithin) return { at: part.s, exact, touches };
    if (part.whole) return { at: part.s, exact: false, touches };
    return { at: offsetIn(part, point.startOffset), exact, touches };
  }

  /** The last place of the stored text that is not after a point of the page. @param {Range} point */
  #back(point) {
    const parts = this.#all();
    let place = first(parts, (part) => point.comparePoint(part.node, part.from) >= 0) - 1;
    let [exact, touches] = [true, true];
    for (; place >= 0 && parts[place].s < 0; place--) [exact, touches] = [exact && isBlank(parts[place]), false];
    if (place < 0) return null;
    const part = parts[place];
    const isWithin = point.comparePoint(part.last, part.to) > 0;
    if (!isWithin) return { at: part.e, exact, touches };
    if (part.whole) return { at: part.e, exact: false, touches };
    return { at: offsetIn(part, point.startOffset, true), exact, touches };
  }

  /**
   * Where a part of the stored text is to be seen, in the order of the page; empty where none of it is. What can only
   * be marked whole is given whole.
   *
   * @param {number} start @param {number} end @returns {StaticRange[]}
   */
  rangesOf(start, end) {
    /** @type {StaticRangeInit[]} */
    const found = [];
    for (const part of this.#within(start, end)) {
      const from = part.whole ? part.from : unitsIn(part, Math.max(start, part.s));
      const to = part.whole ? part.to : unitsIn(part, Math.min(end, part.e));
      const before = found.at(-1);
      if (before && before.endContainer === part.node && before.endOffset === from) {
        [before.endContainer, before.endOffset] = [part.last, to];
      } else found.push({ startContainer: part.node, startOffset: from, endContainer: part.last, endOffset: to });
    }
    return found.map((one) => new StaticRange(one));
  }

  /**
   * The boxes, in the window's coordinates, in which a part of the stored text is to be seen.
   *
   * @param {number} start @param {number} end @returns {DOMRect[]}
   */
  rectsOf(start, end) {
    return this.rangesOf(start, end).flatMap((one) => {
      const whole = one.startContainer.parentElement?.closest("[data-e]");
      if (whole) return [...whole.getClientRects()]; // what is in it may be hidden in part, as a formula's MathML is
      const range = document.createRange();
      range.setStart(one.startContainer, one.startOffset);
      range.setEnd(one.endContainer, one.endOffset);
      return [...range.getClientRects()].filter((box) => box.width > 0);
    });
  }

  /**
   * Whether this view shows any of a part of the stored text; of a place, whether there is text at it.
   *
   * @param {number} start @param {number} end
   */
  isMapped(start, end) {
    return start === end ? this.pointOf(start) !== null : this.#within(start, end).length > 0;
  }

  /**
   * Where on the page a place of the stored text is; null where this view does not show it.
   *
   * @param {number} at @returns {{node: Text, offset: number} | null}
   */
  pointOf(at) {
    this.#all();
    const place = first(this.#shown, (part) => part.e > at);
    const [after, before] = [this.#shown[place], this.#shown[place - 1]];
    if (after && after.s <= at) return { node: after.node, offset: after.whole ? after.from : unitsIn(after, at) };
    return before && before.e === at ? { node: before.last, offset: before.to } : null;
  }

  /** @param {number} start @param {number} end @returns {Part[]} */
  #within(start, end) {
    this.#all();
    const found = [];
    for (let place = first(this.#shown, (part) => part.e > start); place < this.#shown.length && this.#shown[place].s < end; place++) {
      found.push(this.#shown[place]);
    }
    return found;
  }

  /** @returns {Part[]} all text of the view, in order */
  #all() {
    if (this.#parts === null) {
      this.#parts = this.view.hasAttribute("data-rendered") ? rendered(this.view) : stored(this.view);
      this.#shown = this.#parts.filter((part) => part.s >= 0);
    }
    return this.#parts;
  }
}

// ------------------------------------------------------------------------------------- what is there

/** @param {Element} view @returns {Generator<Text>} */
function* textsIn(view) {
  const walk = document.createTreeWalker(view, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (/** @type {Text} */ (node).length) yield /** @type {Text} */ (node);
  }
}

/** All text is stored text. @param {Element} view */
function stored(view) {
  /** @type {Part[]} */
  const parts = [];
  let at = 0;
  for (const node of textsIn(view)) {
    parts.push(plain(node, 0, node.length, at));
    at = parts[parts.length - 1].e;
  }
  return parts;
}

/** @param {Element} view */
function rendered(view) {
  /** @type {Part[]} */
  const parts = [];
  /** @type {Element | null} */
  let owner = null;
  /** @type {Lines | null} */
  let lines = null;
  for (const node of textsIn(view)) {
    const around = node.parentElement?.closest("[data-s]") ?? null;
    if (around?.hasAttribute("data-e")) {
      if (around === owner) Object.assign(parts[parts.length - 1], { last: node, to: node.length });
      else parts.push({ ...lost(node, 0, node.length), s: Number(around.getAttribute("data-s")), e: Number(around.getAttribute("data-e")), whole: around });
    } else if (around) {
      if (around !== owner) lines = new Lines((around.getAttribute("data-s") ?? "").split(" ").map(Number));
      parts.push(.../** @type {Lines} */ (lines).parts(node));
    } else parts.push(lost(node, 0, node.length));
    owner = around;
  }
  return parts;
}

/** Goes through the text of an element, line by line. */
class Lines {
  /** @param {number[]} offsets of the lines; one alone is of all of them */
  constructor(offsets) {
    this.offsets = offsets;
    this.line = 0;
    this.at = offsets[0];
  }

  /** @param {Text} node @returns {Part[]} */
  parts(node) {
    const text = node.data;
    if (this.offsets.length === 1) return [this.take(node, 0, text.length)];
    const found = [];
    for (let from = 0; from < text.length; ) {
      const end = text.indexOf("\n", from);
      const to = end < 0 ? text.length : end;
      if (to > from) found.push(this.take(node, from, to));
      if (end >= 0) found.push(this.turn(node, end));
      from = to + 1;
    }
    return found;
  }

  /** Some of a line. @param {Text} node @param {number} from @param {number} to */
  take(node, from, to) {
    const part = plain(node, from, to, this.at);
    this.at = part.e;
    return part;
  }

  /** A line's end: it stands for all that lies before the next line. @param {Text} node @param {number} from @returns {Part} */
  turn(node, from) {
    const [s, e] = [this.at, this.offsets[++this.line] ?? this.at];
    this.at = e;
    return s < e ? { ...lost(node, from, from + 1), s, e, simple: e - s === 1 } : lost(node, from, from + 1);
  }
}

/** @param {Text} node @param {number} from @param {number} to @returns {Part} */
const lost = (node, from, to) => ({ node, from, to, last: node, s: -1, e: -1, whole: null, simple: false });

/** @param {Text} node @param {number} from @param {number} to @param {number} s @returns {Part} */
function plain(node, from, to, s) {
  const points = countedOf(node);
  const e = s + points.fromUnits(to) - points.fromUnits(from);
  return { ...lost(node, from, to), s, e, simple: e - s === to - from };
}

/** @type {WeakMap<Text, CodePoints>} */
const counts = new WeakMap();

/** @param {Text} node @returns {CodePoints} */
function countedOf(node) {
  let points = counts.get(node);
  if (points?.text !== node.data) counts.set(node, (points = new CodePoints(node.data)));
  return points;
}

// ------------------------------------------------------------------------------------------- places

/** @param {Node} node @param {number} offset */
function edge(node, offset) {
  const range = document.createRange();
  range.setStart(node, offset);
  return range;
}

/** The place of the first for which it is true; it is true of all after it. @template T @param {T[]} all @param {(one: T) => boolean} isSo */
function first(all, isSo) {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isSo(all[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** @param {Part} part */
const isBlank = (part) => part.node === part.last && part.node.data.slice(part.from, part.to).trim() === "";

/**
 * The code point at a unit of the part's node; inside of a character the one before it, or after it for an end.
 *
 * @param {Part} part @param {number} units @param {boolean} isEnd
 */
function offsetIn(part, units, isEnd = false) {
  if (part.simple) return part.s + units - part.from;
  const points = countedOf(part.node);
  const at = points.fromUnits(units);
  return part.s + at - points.fromUnits(part.from) + (isEnd && points.toUnits(at) < units ? 1 : 0);
}

/** @param {Part} part @param {number} at a code point of the stored text that the part has, or its end */
function unitsIn(part, at) {
  if (part.simple) return part.from + at - part.s;
  if (part.to - part.from === 1) return at < part.e ? part.from : part.to; // a line's end
  const points = countedOf(part.node);
  return points.toUnits(points.fromUnits(part.from) + at - part.s);
}
