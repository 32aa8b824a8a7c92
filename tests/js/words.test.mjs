import assert from "node:assert/strict";
import { test } from "node:test";

import { MOST_STEPS, differences, wordsOf } from "../../frontend/static/frontend/js/words.js";

const cut = (text, ranges) => ranges.map(({ start, end }) => text.slice(start, end));
const both = (first, second) => {
  const found = differences(first, second);
  return [cut(first, found.first), cut(second, found.second)];
};

/** What is left of a text without some ranges, as words. */
function without(text, ranges) {
  let [rest, after] = ["", 0];
  for (const { start, end } of ranges) {
    rest += text.slice(after, start);
    after = end;
  }
  return wordsOf(rest + text.slice(after)).map(({ word }) => word);
}

/** A plain table of lengths, to compare with. */
function longestCommon(a, b) {
  const table = Array.from({ length: a.length + 1 }, () => new Int32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i][j] = a[i] === b[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
    }
  }
  return table[0][0];
}

/** Numbers that are the same in each run. */
function randomness(seed) {
  return (below) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * below);
  };
}

test("words and signs are cut, white space is not", () => {
  assert.deepEqual(wordsOf("It's 3.5 km, naïve!").map(({ word }) => word), ["It's", "3.5", "km", ",", "naïve", "!"]);
  assert.deepEqual(wordsOf(" \n"), []);
});

test("a citation is one word", () => {
  assert.deepEqual(wordsOf("So [1], [2:3-5] and [x].").map(({ word }) => word), ["So", "[1]", ",", "[2:3-5]", "and", "[", "x", "]", "."]);
});

test("scripts without spaces are cut into words, with true places", () => {
  const text = "今天天气很好。我们去公园".repeat(60);
  const words = wordsOf(text);
  assert.ok(words.length > 200 && words.length < text.length);
  for (const { word, start, end } of words) assert.equal(text.slice(start, end), word);
});

test("what only one text has is found in both", () => {
  assert.deepEqual(both("The cat sat on the mat.", "The dog sat on a mat."), [["cat", "the"], ["dog", "a"]]);
  assert.deepEqual(both("one two three", "one three"), [["two"], []]);
  assert.deepEqual(both("one three", "one two\n two three"), [[], ["two\n two"]]);
});

test("texts that are the same but for white space do not differ", () => {
  assert.deepEqual(both("a  b\nc", "a b c"), [[], []]);
  assert.deepEqual(both("", ""), [[], []]);
  assert.deepEqual(both("", "all new"), [[], ["all new"]]);
});

test("a word shared by chance in the middle of other words counts as different", () => {
  assert.deepEqual(both("p q the r s", "t u the v w"), [["p q the r s"], ["t u the v w"]]);
});

test("emoji and combining marks stay whole", () => {
  const [first, second] = both("I am 😀 e\u0301te\u0301", "I am 😢 ete");
  assert.deepEqual([first, second], [["😀 e\u0301te\u0301"], ["😢 ete"]]);
});

test("what is kept is the same in both texts, and as long as can be but for strays", () => {
  const below = randomness(7);
  let [kept, best] = [0, 0];
  for (let round = 0; round < 1500; round++) {
    const make = () => Array.from({ length: below(16) }, () => "abcde"[below(5)]).join(" ");
    const [first, second] = [make(), make()];
    const found = differences(first, second);
    const [left, right] = [without(first, found.first), without(second, found.second)];
    assert.deepEqual(left, right);
    kept += left.length;
    best += longestCommon(first.split(" ").filter(Boolean), second.split(" ").filter(Boolean));
  }
  assert.ok(kept <= best && kept > 0.98 * best, `${kept} of ${best}`);
});

test("the number of words that differ is told", () => {
  assert.deepEqual(differences("a b c", "a x, y (z) c").words, [1, 3]); // signs are none
});

test("two long texts without a word in common are given up on and differ as wholes", () => {
  const make = (letter) => Array.from({ length: 30_000 }, (_, n) => letter + n).join(" ");
  const found = differences(make("a"), make("b"));
  assert.deepEqual(found.words, [30_000, 30_000]);
  assert.equal(found.first.length, 1);
  assert.ok(30_000 ** 2 > MOST_STEPS);
});

test("a long text with few changes is compared to the word", () => {
  const words = Array.from({ length: 100_000 }, (_, n) => `w${n % 977}`);
  const changed = words.map((word, n) => (n % 1000 === 500 ? "new" : word));
  assert.deepEqual(differences(words.join(" "), changed.join(" ")).words, [100, 100]);
});
