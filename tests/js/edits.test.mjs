import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Plain, difference, edited, lengthOf, moved, revised, wordsOf } from "../../annotate/questions/edit/static/questions/edits.js";

// The same cases as the server's: tests/annotate/test_question_edit.py.
const CASES = JSON.parse(readFileSync(new URL("edits.json", import.meta.url), "utf8"));

/** Numbers that are the same in each run. */
function randomness(seed) {
  return (below) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * below);
  };
}

test("replacements are the same as the server's, and lead from one text to the other", () => {
  for (const { original, changed, edits } of CASES) {
    const found = difference(original, changed);
    assert.deepEqual(found.map(({ start, end, replacement }) => [start, end, replacement]), edits, original);
    assert.equal(edited(original, found), changed);
  }
});

test("any text becomes any other, and words hold all of it", () => {
  const below = randomness(11);
  const pieces = ["a ", "b", "👍🏽", "\r\n", "don't ", ", ", "é", "中", "\u2029", "c d "];
  const text = () => Array.from({ length: below(9) }, () => pieces[below(pieces.length)]).join("");
  for (let n = 0; n < 3000; n++) {
    const [one, other] = [text(), text()];
    assert.equal(wordsOf(one).join(""), one);
    assert.equal(edited(one, difference(one, other)), other, JSON.stringify([one, other]));
  }
});

test("places are code points", () => {
  assert.equal(lengthOf("a👍🏽"), 3);
  assert.equal(edited("👍 yes", [{ start: 2, end: 5, replacement: "no" }]), "👍 no");
});

const TEXT = "The quick brown fox jumps over the dog.";
const edit = (start, end, replacement, more = {}) => ({ start, end, text: TEXT.slice(start, end), replacement, ...more });

test("what was said of an edit stays with it while the text is written on", () => {
  const before = [edit(4, 9, "slow", { label: "style", reason: "It is." })];
  const found = revised(TEXT, "The slower brown fox leaps over the dog.", before);
  assert.deepEqual(found, [edit(4, 9, "slower", { label: "style", reason: "It is." }), edit(20, 25, "leaps")]);
  assert.deepEqual(revised(TEXT, TEXT, found), []);
});

test("a passage that was chosen as a whole stays one edit while anything in it differs", () => {
  const passage = edit(4, 19, "quick red fox", { label: "fact", whole: true });
  const found = revised(TEXT, "The quick red wolf jumps over a dog.", [passage]);
  assert.deepEqual(found, [edit(4, 19, "quick red wolf", { label: "fact", whole: true }), edit(31, 34, "a")]);
  const wider = revised(TEXT, "A dog.", [passage]);
  assert.equal(edited(TEXT, wider), "A dog.");
});

test("a field's own new lines are no edits, and places are those of the stored text", () => {
  const stored = "One 👍\r\ntwo\rthree\nfour";
  const plain = new Plain(stored);
  assert.equal(plain.text, "One 👍\ntwo\nthree\nfour");
  const [found] = revised(plain.text, "One 👍\ntwo\n3\nfour", []).map((each) => plain.toStored(each));
  assert.deepEqual([...stored].slice(found.start, found.end).join(""), "three");
  assert.deepEqual(plain.toStored(plain.fromStored(found)), found);
  assert.equal(plain.fromStored(found).start, 10);
  const same = new Plain(TEXT);
  assert.deepEqual(same.toStored(edit(4, 9, "x")), edit(4, 9, "x"));
});

test("places of the original are found in the edited text", () => {
  const edits = [edit(4, 9, "sly"), edit(16, 16, "old ")];
  const now = edited(TEXT, edits);
  for (const word of ["The", "brown", "jumps"]) assert.equal(moved(edits, TEXT.indexOf(word)), now.indexOf(word));
  assert.equal(moved(edits, 6), now.indexOf("sly") + 3);
});
