/**
 * Sentences of a text by the rule of annotate/sentences.py, which docs/formats.md has in words; ranges are in
 * UTF-16 units. Both read tests/js/sentences.json in their tests.
 *
 * @typedef {import("./words.js").Range} Range
 */

// As Python's \s: what JavaScript takes for white space differs in U+FEFF and some control characters.
const WHITE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const END = new RegExp(`[。！？｡]+[」』”’）】]*|(?<stop>[.!?…؟۔।॥]+["'”’»)\\]]*)(?=[${WHITE}]|$)|(?<line>\\n)`, "gu");
const ABBREVIATION = new RegExp(
  `(?:^|[${WHITE}("'“‘[])` +
    "(?:[A-Z]|v|Mrs?|Ms|Dr|Prof|Sr|Jr|St|Mt|vs|etc|cf|al|approx|No|Nos|Fig|Figs|Eq|Sec|Ch|Vol|pp?|ed|eds|Inc|Ltd|Co|Corp|Gen|Col|Capt" +
    "|Lt|Sgt|Rev|Hon|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|e\\.g|i\\.e|a\\.m|p\\.m|U\\.S|U\\.K|E\\.U|Ph\\.D|z\\.B|d\\.h|bzw|usw)\\.$",
  "u",
);
const LIST_NUMBER = new RegExp(`^[${WHITE}]*\\(?\\p{Nd}{1,3}\\.[${WHITE}]*$`, "u");
const NEXT = new RegExp(`[${WHITE}]{0,200}["'“‘«(\\[]{0,9}([^${WHITE}])?`, "uy");
const WHITE_ONE = new RegExp(`[${WHITE}]`, "u");
const REACH = 12;

/** @param {string} text @returns {Range[]} in order; white space between them belongs to none */
export function sentencesOf(text) {
  /** @type {Range[]} */
  const found = [];
  let start = 0;
  for (const mark of text.matchAll(END)) {
    const end = mark.index + mark[0].length;
    if (!endsHere(text, mark, end) || (end - start < 400 && LIST_NUMBER.test(text.slice(start, end)))) continue;
    add(found, text, start, end);
    start = end;
  }
  add(found, text, start, text.length);
  return found;
}

/** @param {string} text @param {RegExpMatchArray} mark @param {number} end */
function endsHere(text, mark, end) {
  if (mark.groups?.line) return text.startsWith("\n", end) || text.startsWith("\r\n", end) || !goesOn(text, end);
  if (!mark.groups?.stop) return true;
  const at = /** @type {number} */ (mark.index);
  if (text[at] === "." && ABBREVIATION.test(text.slice(Math.max(0, at - REACH), at + 1))) return false;
  return !goesOn(text, end);
}

/** Whether what comes next starts with a small letter. @param {string} text @param {number} place */
function goesOn(text, place) {
  NEXT.lastIndex = place;
  const after = NEXT.exec(text)?.[1];
  return after !== undefined && /\p{Lowercase}/u.test(after);
}

/** @param {Range[]} found @param {string} text @param {number} start @param {number} end */
function add(found, text, start, end) {
  const range = trimmed(text, start, end);
  if (range.start < range.end) found.push(range);
}

/** A range without the white space at its edges. @param {string} text @param {number} start @param {number} end @returns {Range} */
export function trimmed(text, start, end) {
  while (start < end && WHITE_ONE.test(text[start])) start++;
  while (end > start && WHITE_ONE.test(text[end - 1])) end--;
  return { start, end };
}
