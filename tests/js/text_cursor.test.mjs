import assert from "node:assert/strict";
import { test } from "node:test";

import { isRightToLeft, moved, snapped, unitAt } from "../../frontend/static/frontend/js/text_cursor.js";

const WOMAN = "👩🏽‍🚀"; // four code points, seven units, one character
const E = "e\u0301";

/** All places that a cursor stops at on its way through a text. */
function way(text, by, unit) {
  const found = [];
  for (let at = by > 0 ? 0 : text.length; ; ) {
    const next = moved(text, at, by, unit);
    if (next === at) return found;
    found.push((at = next));
  }
}

test("a character is what people see as one", () => {
  const text = `a${WOMAN}b${E}\r\nש`;
  assert.deepEqual(way(text, 1, "characters"), [1, 8, 9, 11, 13, 14]);
  assert.deepEqual(way(text, -1, "characters"), [13, 11, 9, 8, 1, 0]);
});

test("on by a word is to its end, back to its start", () => {
  const text = "Don't stop, 3.5 times: שלום עולם!";
  assert.deepEqual(way(text, 1, "words").map((at) => text.slice(0, at).split(" ").pop()), ["Don't", "stop", "3.5", "times", "שלום", "עולם", "עולם!"]);
  assert.deepEqual(way(text, -1, "words"), [28, 23, 16, 12, 6, 0]);
});

test("words are found in scripts without spaces", () => {
  assert.deepEqual(way("我喜欢猫", 1, "words"), [1, 3, 4]);
});

test("a sentence is left at its end and entered at its start", () => {
  const text = "One here. Dr. Who went.\n\nThree";
  assert.deepEqual(way(text, 1, "sentences"), [9, 23, 30]);
  assert.deepEqual(way(text, -1, "sentences"), [25, 10, 0]);
});

test("the way through a long text has no gaps and no double stops at the edges of windows", () => {
  const text = `${WOMAN}x\r\n`.repeat(300);
  assert.equal(way(text, 1, "characters").length, 900);
  const words = "word ".repeat(400);
  assert.equal(way(words, 1, "words").length, 401);
});

test("a selection grows to whole words, without white space at its edges", () => {
  const text = "The quick brown fox.";
  assert.deepEqual(snapped(text, { start: 5, end: 12 }, "words"), { start: 4, end: 15 });
  assert.deepEqual(snapped(text, { start: 3, end: 10 }, "words"), { start: 4, end: 9 });
  assert.equal(snapped(text, { start: 3, end: 4 }, "words"), null);
  assert.deepEqual(snapped(text, { start: 3, end: 4 }, "characters"), { start: 3, end: 4 });
});

test("no selection cuts a character in two", () => {
  const text = `a${WOMAN}b`;
  assert.deepEqual(snapped(text, { start: 3, end: 5 }, "characters"), { start: 1, end: 8 });
  assert.deepEqual(snapped(`x${E}y`, { start: 1, end: 2 }, "characters"), { start: 1, end: 3 });
});

test("a selection grows to whole sentences", () => {
  const text = "One here. Two here. Three.";
  assert.deepEqual(snapped(text, { start: 12, end: 13 }, "sentences"), { start: 10, end: 19 });
  assert.deepEqual(snapped(text, { start: 7, end: 21 }, "sentences"), { start: 0, end: 26 });
});

test("a cursor is at the word around it, or the one that it has just left", () => {
  assert.deepEqual(unitAt("one two", 1, "words"), { start: 0, end: 3 });
  assert.deepEqual(unitAt("one two", 3, "words"), { start: 0, end: 3 });
  assert.deepEqual(unitAt("one two", 4, "words"), { start: 4, end: 7 });
  assert.equal(unitAt("one  , two", 5, "words"), null);
  assert.deepEqual(unitAt("One. Two.", 6, "sentences"), { start: 5, end: 9 });
});

test("each line runs the way of its first letter", () => {
  const text = "abc שלום\n1. שלום abc\n۱۲۳ (سلام)\n123";
  assert.equal(isRightToLeft(text, 6), false);
  assert.equal(isRightToLeft(text, 12), true);
  assert.equal(isRightToLeft(text, 25), true);
  assert.equal(isRightToLeft(text, text.length), false);
  assert.equal(isRightToLeft("", 0), false);
});
