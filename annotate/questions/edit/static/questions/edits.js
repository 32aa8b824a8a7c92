/**
 * Texts changed by replacements: what comes of them, and which ones lead from one text to another. All places are code
 * points. annotate/questions/edit/replacing.py does the same; tests/js/edits.json holds both to it.
 *
 * @typedef {{start: number, end: number, replacement: string}} Replacement `[start, end)` of the original gives way
 * @typedef {Replacement & {text: string, label?: string, reason?: string, whole?: boolean}} Edit `whole`: of a passage
 *   that was chosen as it is, and stays one edit however little of it changes
 */

/** Beyond so many changed words what lies between the first and the last is one replacement. */
export const MOST_CHANGES = 1000;

// Spelt out, since Python's and JavaScript's classes of characters differ.
const SPACE = "\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const SIGN = "!-&\\(-\\/:-@\\[-`\\{-~\\xa1-\\xbf\\u2010-\\u2018\\u201a-\\u2027\\u2030-\\u205e\\u3001-\\u303f\\uff01-\\uff0f";
const ALONE = "\\u3040-\\u30ff\\u3400-\\u9fff"; // each a word of its own, written without spaces
const IN_WORD = `[^${SPACE}${SIGN}${ALONE}'\\u2019]`;
const WORD = new RegExp(`[${SPACE}]+|${IN_WORD}+(?:['\\u2019]${IN_WORD}+)*|[\\s\\S]`, "gu");
const IS_SPACE = new RegExp(`^[${SPACE}]+$`, "u");
const IS_SIGN = new RegExp(`^[${SIGN}'\\u2019]$`, "u");

/** How many code points a text has. @param {string} text */
export const lengthOf = (text) => {
  let points = 0;
  for (const _ of text) points++;
  return points;
};

/** A text with its edits made, which are in order and do not overlap. @param {string} text @param {Replacement[]} edits */
export function edited(text, edits) {
  const points = [...text];
  /** @type {string[]} */
  const pieces = [];
  let after = 0;
  for (const { start, end, replacement } of edits) {
    pieces.push(points.slice(after, start).join(""), replacement);
    after = end;
  }
  return pieces.join("") + points.slice(after).join("");
}

/** Words, runs of white space and single signs: all of the text, in order. @param {string} text @returns {string[]} */
export const wordsOf = (text) => text.match(WORD) ?? [];

/**
 * The replacements that lead from one text to another: whole words, few and in order.
 *
 * @param {string} original @param {string} changed @returns {Replacement[]}
 */
export function difference(original, changed) {
  const [before, after] = [wordsOf(original), wordsOf(changed)];
  const places = [0];
  for (const word of before) places.push(places[places.length - 1] + lengthOf(word));
  return joined(changes(before, after), before).map(([i, j, k, m]) => ({
    start: places[i],
    end: places[j],
    replacement: after.slice(k, m).join(""),
  }));
}

/** @typedef {[number, number, number, number]} Change words [i, j) of the one text are [k, m) of the other */

/** @param {string[]} a @param {string[]} b @returns {Change[]} */
function changes(a, b) {
  const least = Math.min(a.length, b.length);
  let head = 0;
  while (head < least && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < least - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  if (head === a.length && head === b.length) return [];
  const same = kept(a.slice(head, a.length - tail), b.slice(head, b.length - tail)).map(([x, y]) => [head + x, head + y]);
  /** @type {Change[]} */
  const found = [];
  let [i, k] = [head, head];
  for (const [x, y] of [...same, [a.length - tail, b.length - tail]]) {
    if (x > i || y > k) found.push([i, x, k, y]);
    [i, k] = [x + 1, y + 1];
  }
  return found;
}

/** Whether a way of some changes comes to a diagonal by a word more of `b`, and not by one less of `a`. */
const isDown = (/** @type {Map<number, number>} */ reach, /** @type {number} */ diagonal, /** @type {number} */ count) =>
  diagonal === -count || (diagonal !== count && /** @type {number} */ (reach.get(diagonal - 1)) < /** @type {number} */ (reach.get(diagonal + 1)));

/**
 * Places of a longest sequence of words that both have (Myers 1986); none beyond the limit.
 *
 * @param {string[]} a @param {string[]} b @returns {[number, number][]}
 */
function kept(a, b) {
  const reach = new Map([[1, 0]]);
  /** @type {Map<number, number>[]} */
  const rounds = [];
  for (let count = 0; count <= Math.min(a.length + b.length, MOST_CHANGES); count++) {
    rounds.push(new Map(reach));
    for (let diagonal = -count; diagonal <= count; diagonal += 2) {
      const down = isDown(reach, diagonal, count);
      let x = /** @type {number} */ (down ? reach.get(diagonal + 1) : /** @type {number} */ (reach.get(diagonal - 1)) + 1);
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++;
      reach.set(diagonal, x);
      if (x >= a.length && x - diagonal >= b.length) return back(rounds, a.length, b.length);
    }
  }
  return [];
}

/** @param {Map<number, number>[]} rounds @param {number} x @param {number} y @returns {[number, number][]} */
function back(rounds, x, y) {
  /** @type {[number, number][]} */
  const found = [];
  for (let count = rounds.length - 1; count >= 0; count--) {
    const diagonal = x - y;
    const before = isDown(rounds[count], diagonal, count) ? diagonal + 1 : diagonal - 1;
    const fromX = rounds[count].get(before) ?? 0;
    const fromY = fromX - before;
    while (x > Math.max(fromX, 0) && y > Math.max(fromY, 0) && x - fromX + y - fromY > 1) found.push([--x, --y]);
    [x, y] = [fromX, fromY];
  }
  return found.reverse();
}

/** Changes that only white space, or one word between several changed ones, keeps apart are one. @param {Change[]} found @param {string[]} words */
function joined(found, words) {
  /** @type {Change[]} */
  const made = [];
  for (const change of found) {
    const last = made[made.length - 1];
    if (last && belong(last, change, words)) made.splice(-1, 1, [last[0], change[1], last[2], change[3]]);
    else made.push(change);
  }
  return made;
}

/** @param {Change} one @param {Change} other @param {string[]} words */
function belong(one, other, words) {
  const between = words.slice(one[1], other[0]);
  if (between.some((word) => /[\r\n]/.test(word))) return false;
  if (between.every((word) => IS_SPACE.test(word))) return true;
  const alone = between.filter((word) => !IS_SPACE.test(word) && !IS_SIGN.test(word)).length;
  return alone <= 1 && Math.min(size(one), size(other)) >= 5;
}

/** Of the longer side, in words, signs and white space. @param {Change} change */
const size = ([i, j, k, m]) => Math.max(j - i, m - k);

// -------------------------------------------------------------------------------------- while one writes

/**
 * The edits once the whole text was written over: what was said of an edit stays with the change in its place, and a
 * passage that was chosen as a whole stays one edit while anything in it differs.
 *
 * @param {string} text the original @param {string} written @param {Edit[]} before @returns {Edit[]}
 */
export function revised(text, written, before) {
  const points = [...text];
  /** @type {Edit[]} */
  const found = [];
  for (const change of grouped(difference(text, written), before, points)) {
    const { label, reason, whole } = before.find((each) => meet(each, change)) ?? {};
    found.push({ ...change, text: points.slice(change.start, change.end).join(""), ...(label && { label }), ...(reason && { reason }), ...(whole && { whole }) });
  }
  return found.filter((each) => each.text !== each.replacement);
}

/** @param {Replacement[]} found @param {Edit[]} before @param {string[]} points @returns {Replacement[]} */
function grouped(found, before, points) {
  for (const passage of before.filter((each) => each.whole)) {
    const inside = found.filter((each) => each.start >= passage.start && each.end <= passage.end);
    const reaching = found.some((each) => !inside.includes(each) && each.start < passage.end && each.end > passage.start);
    if (!inside.length || reaching) continue;
    const moved = inside.map((each) => ({ ...each, start: each.start - passage.start, end: each.end - passage.start }));
    const whole = { start: passage.start, end: passage.end, replacement: edited(points.slice(passage.start, passage.end).join(""), moved) };
    found = [...found.filter((each) => !inside.includes(each)), whole].sort((one, other) => one.start - other.start || one.end - other.end);
  }
  return found;
}

/** Whether two edits touch the same characters, or the same place between two. @param {Replacement} one @param {Replacement} other */
const meet = (one, other) => (one.start < other.end && other.start < one.end) || (one.start === other.start && (one.start === one.end || other.start === other.end));

/** A text as a field of a page holds it, where every new line is \n, and where its places are in the stored one. */
export class Plain {
  /** @param {string} stored */
  constructor(stored) {
    this.text = stored.replace(/\r\n?/g, "\n");
    /** @type {number[] | null} for each place the stored one, where they differ */
    this.places = stored === this.text ? null : placesIn(stored);
  }

  /** @template {Replacement} T @param {T} edit @returns {T} with places of the stored text */
  toStored(edit) {
    const { places } = this;
    return places ? { ...edit, start: places[edit.start], end: places[edit.end] } : edit;
  }

  /** @template {Replacement} T @param {T} edit @returns {T} with places of this text */
  fromStored(edit) {
    const { places } = this;
    const at = (/** @type {number} */ place) => /** @type {number[]} */ (places).findIndex((each) => each >= place);
    return places ? { ...edit, start: at(edit.start), end: at(edit.end) } : edit;
  }
}

/** @param {string} stored */
function placesIn(stored) {
  const points = [...stored];
  const places = points.map((_, place) => place).filter((place) => !(points[place] === "\n" && points[place - 1] === "\r"));
  return [...places, points.length];
}

/**
 * Where a place of the original text is in the edited one; a place inside of what gave way is at the end of what came.
 *
 * @param {Replacement[]} edits @param {number} place @returns {number}
 */
export function moved(edits, place) {
  let by = 0;
  for (const { start, end, replacement } of edits) {
    if (place < start || (place === start && end > start)) break;
    if (place < end) return start + by + lengthOf(replacement);
    by += lengthOf(replacement) - (end - start);
  }
  return place + by;
}
