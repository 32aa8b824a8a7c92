/**
 * What two texts share, word by word (Myers 1986, in linear space).
 *
 * @typedef {{start: number, end: number}} Range half-open, in UTF-16 units as JavaScript counts them
 * @typedef {Range & {word: string}} Word
 */

/** Steps after which what is left counts as different: texts without anything in common take the most. */
export const MOST_STEPS = 4_000_000;
const CUT = 400; // the browser's cutter takes the square of a text's length
const WRITTEN_TOGETHER = /[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/u;
// A citation, a number, a word, a sign.
const WORD = /\[\d[\d:,; \u2013-]*\]|\p{N}+(?:[.,:]\p{N}+)+|[\p{L}\p{N}\p{M}_]+(?:['’][\p{L}\p{M}]+)?|[^\s\p{L}\p{N}\p{M}_]/gu;

/**
 * Words and signs in order; white space is none. Scripts without spaces are cut by the browser's own rules.
 *
 * @param {string} text @returns {Word[]}
 */
export function wordsOf(text) {
  if (!WRITTEN_TOGETHER.test(text)) {
    return [...text.matchAll(WORD)].map((found) => ({ word: found[0], start: found.index, end: found.index + found[0].length }));
  }
  const cutter = new Intl.Segmenter(undefined, { granularity: "word" });
  /** @type {Word[]} */
  const found = [];
  for (const { 0: part, index: from } of text.matchAll(new RegExp(`[^]{1,${CUT}}`, "gu"))) {
    for (const { segment, index } of cutter.segment(part)) {
      if (segment.trim()) found.push({ word: segment, start: from + index, end: from + index + segment.length });
    }
  }
  return found;
}

/**
 * What only the first and what only the second text has.
 *
 * @param {string} first @param {string} second
 * @returns {{first: Range[], second: Range[], words: [number, number]}} ranges, and how many words they hold
 */
export function differences(first, second) {
  const [a, b] = [wordsOf(first), wordsOf(second)];
  const [keptA, keptB] = kept(...numbered(a, b));
  dropStrays(keptA, keptB);
  return { first: ranges(a, keptA), second: ranges(b, keptB), words: [left(a, keptA), left(b, keptB)] };
}

/** Words, signs left out, that are not kept. @param {Word[]} words @param {Uint8Array} marks */
const left = (words, marks) => words.reduce((sum, { word }, place) => sum + (!marks[place] && /[\p{L}\p{N}]/u.test(word) ? 1 : 0), 0);

/** Words as numbers, the same word the same one. @param {Word[]} a @param {Word[]} b @returns {[Int32Array, Int32Array]} */
function numbered(a, b) {
  /** @type {Map<string, number>} */
  const known = new Map();
  const number = (/** @type {Word} */ { word }) => {
    const there = known.get(word);
    if (there !== undefined) return there;
    known.set(word, known.size);
    return known.size - 1;
  };
  return [Int32Array.from(a, number), Int32Array.from(b, number)];
}

/**
 * Which of `a` and of `b` are in a longest sequence that both have.
 *
 * @param {Int32Array} a @param {Int32Array} b @returns {[Uint8Array, Uint8Array]}
 */
function kept(a, b) {
  const marks = /** @type {[Uint8Array, Uint8Array]} */ ([new Uint8Array(a.length), new Uint8Array(b.length)]);
  const work = { steps: 0 };
  const todo = [[0, a.length, 0, b.length]];
  for (let part = todo.pop(); part; part = todo.pop()) {
    let [a0, a1, b0, b1] = part;
    while (a0 < a1 && b0 < b1 && a[a0] === b[b0]) marks[0][a0++] = marks[1][b0++] = 1;
    while (a0 < a1 && b0 < b1 && a[a1 - 1] === b[b1 - 1]) marks[0][--a1] = marks[1][--b1] = 1;
    if (a0 === a1 || b0 === b1) continue;
    const middle = meeting(a, a0, a1, b, b0, b1, work);
    if (middle) todo.push([a0, middle[0], b0, middle[1]], [middle[0], a1, middle[1], b1]);
  }
  return marks;
}

/**
 * A point on a shortest way from (a0, b0) to (a1, b1), found from both ends; null when it takes too long.
 *
 * @param {Int32Array} a @param {number} a0 @param {number} a1 @param {Int32Array} b @param {number} b0 @param {number} b1
 * @param {{steps: number}} work @returns {[number, number] | null}
 */
function meeting(a, a0, a1, b, b0, b1, work) {
  const [n, m] = [a1 - a0, b1 - b0];
  const most = Math.ceil((n + m) / 2);
  const odd = (n - m) % 2 !== 0;
  const zero = most + 1; // where diagonal 0 is
  const ahead = new Int32Array(2 * most + 3).fill(-1);
  const behind = new Int32Array(2 * most + 3).fill(-1);
  ahead[zero + 1] = behind[zero + 1] = 0;
  for (let d = 0; d <= most; d++) {
    work.steps += d + 1;
    if (work.steps > MOST_STEPS) return null;
    for (let k = -d; k <= d; k += 2) {
      const place = zero + k;
      let x = k === -d || (k !== d && ahead[place - 1] < ahead[place + 1]) ? ahead[place + 1] : ahead[place - 1] + 1;
      while (x < n && x - k < m && x - k >= 0 && a[a0 + x] === b[b0 + x - k]) x++;
      ahead[place] = x;
      const other = n - m - k;
      if (odd && other >= 1 - d && other <= d - 1 && x <= n && x - k <= m && x - k >= 0) {
        const met = behind[zero + other];
        if (met >= 0 && x + met >= n) return within(a0 + x, b0 + x - k, a0, a1, b0, b1);
      }
    }
    for (let k = -d; k <= d; k += 2) {
      const place = zero + k;
      let x = k === -d || (k !== d && behind[place - 1] < behind[place + 1]) ? behind[place + 1] : behind[place - 1] + 1;
      while (x < n && x - k < m && x - k >= 0 && a[a1 - 1 - x] === b[b1 - 1 - x + k]) x++;
      behind[place] = x;
      const other = n - m - k;
      if (!odd && other >= -d && other <= d && x <= n && x - k <= m && x - k >= 0) {
        const met = ahead[zero + other];
        if (met >= 0 && x + met >= n) return within(a1 - x, b1 - x + k, a0, a1, b0, b1);
      }
    }
  }
  return null;
}

/** The corners are no progress: then nothing is shared. @returns {[number, number] | null} */
function within(/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ a0, /** @type {number} */ a1, /** @type {number} */ b0, /** @type {number} */ b1) {
  return (x === a0 && y === b0) || (x === a1 && y === b1) ? null : [x, y];
}

/**
 * A lone word between two changes of several words is there by chance: it counts as changed too.
 *
 * @param {Uint8Array} a @param {Uint8Array} b marks that are changed in place
 */
function dropStrays(a, b) {
  const placesB = [];
  for (let j = 0; j < b.length; j++) if (b[j]) placesB.push(j);
  for (let i = 0, nth = 0; i < a.length; i++) {
    if (!a[i]) continue;
    const j = placesB[nth++];
    if (isAlone(a, i) && isAlone(b, j)) a[i] = b[j] = 0;
  }
}

/** @param {Uint8Array} marks @param {number} place */
function isAlone(marks, place) {
  const before = place >= 2 && !marks[place - 1] && !marks[place - 2];
  return before && place + 2 < marks.length && !marks[place + 1] && !marks[place + 2];
}

/** Runs of changed words. @param {Word[]} words @param {Uint8Array} marks @returns {Range[]} */
function ranges(words, marks) {
  /** @type {Range[]} */
  const found = [];
  words.forEach(({ start, end }, place) => {
    if (marks[place]) return;
    if (place && !marks[place - 1] && found.length) found[found.length - 1].end = end;
    else found.push({ start, end });
  });
  return found;
}
