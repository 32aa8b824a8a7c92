/**
 * Where a cursor goes in a text: by character as people see them, by word, by sentence. Offsets are UTF-16
 * units, as JavaScript and the browser's segmenter count them.
 *
 * @typedef {import("./words.js").Range} Range
 * @typedef {"characters" | "words" | "sentences"} Unit
 */

import { sentencesOf, trimmed } from "./sentences.js";

const REACH = 200; // cut around the place: the browser's cutter takes the square of a text's length
const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const words = new Intl.Segmenter(undefined, { granularity: "word" });
// Letters of scripts that run from right to left, and of others that run at all (first strong character, UAX 9).
const STRONG = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\u200f\u061c]|[\p{L}\u200e]/u;
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\u200f\u061c]/u;

/** @type {{text: string, found: Range[]}} the text that sentences were last asked of */
let known = { text: "", found: [] };

/** @param {string} text @returns {Range[]} */
function sentences(text) {
  if (known.text !== text) known = { text, found: sentencesOf(text) };
  return known.found;
}

/**
 * The place one unit on or back; the ends of the text hold. On by a word or sentence goes to the end of one, back to the
 * start of one, as in an editor.
 *
 * @param {string} text @param {number} at @param {1 | -1} by @param {Unit} unit @returns {number}
 */
export function moved(text, at, by, unit) {
  if (unit === "sentences") return bySentence(text, at, by);
  const pieces = unit === "words" ? cut(words, text, at).filter((each) => each.isWordLike) : cut(characters, text, at);
  const [from, to] = around(text, at);
  if (by > 0) return pieces.find((each) => each.end > at)?.end ?? to;
  return pieces.findLast((each) => each.start < at)?.start ?? from;
}

/** @param {string} text @param {number} at @param {1 | -1} by */
function bySentence(text, at, by) {
  if (by > 0) return sentences(text).find(({ end }) => end > at)?.end ?? text.length;
  return sentences(text).findLast(({ start }) => start < at)?.start ?? 0;
}

/** @param {string} text @param {number} at @returns {[number, number]} a window that cuts no surrogate pair and no CRLF */
function around(text, at) {
  const isWithin = (/** @type {number} */ place) => /[\udc00-\udfff\n]/.test(text[place] ?? "");
  let from = Math.max(0, at - REACH);
  let to = Math.min(text.length, at + REACH);
  while (from > 0 && isWithin(from)) from--;
  while (to < text.length && isWithin(to)) to++;
  return [from, to];
}

/** @param {Intl.Segmenter} cutter @param {string} text @param {number} at */
function cut(cutter, text, at) {
  const [from, to] = around(text, at);
  return [...cutter.segment(text.slice(from, to))].map(({ segment, index, isWordLike }) => {
    const start = from + index;
    return { start, end: start + segment.length, isWordLike };
  });
}

/**
 * The units that a range touches, whole; white space at the edges is left out but by characters. Null where
 * nothing is left.
 *
 * @param {string} text @param {Range} range @param {Unit} unit @returns {Range | null}
 */
export function snapped(text, range, unit) {
  const wanted = unit === "characters" ? range : trimmed(text, range.start, range.end);
  if (wanted.start >= wanted.end) return null;
  if (unit === "sentences") {
    const touched = sentences(text).filter(({ start, end }) => start < wanted.end && end > wanted.start);
    return touched.length ? { start: touched[0].start, end: touched[touched.length - 1].end } : null;
  }
  const cutter = unit === "words" ? words : characters;
  const first = cut(cutter, text, wanted.start).find(({ end }) => end > wanted.start);
  const last = cut(cutter, text, wanted.end).findLast(({ start }) => start < wanted.end);
  return { start: Math.min(first?.start ?? wanted.start, wanted.start), end: Math.max(last?.end ?? wanted.end, wanted.end) };
}

/** The word, or the sentence, at a place or just before it; null between them. @param {string} text @param {number} at @param {Unit} unit @returns {Range | null} */
export function unitAt(text, at, unit) {
  const all = unit === "sentences" ? sentences(text) : cut(words, text, at).filter((each) => each.isWordLike);
  const found = all.find(({ start, end }) => start <= at && at < end) ?? all.find(({ end }) => end === at);
  return found ? { start: found.start, end: found.end } : null;
}

/** Whether the line at a place runs from right to left. @param {string} text @param {number} at */
export function isRightToLeft(text, at) {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const end = text.indexOf("\n", at);
  const first = STRONG.exec(text.slice(start, end < 0 ? text.length : end))?.[0];
  return first !== undefined && RIGHT_TO_LEFT.test(first);
}
