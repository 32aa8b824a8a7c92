import assert from "node:assert/strict";
import { test } from "node:test";

import { CodePoints } from "../../frontend/static/frontend/js/code_points.js";

const TEXTS = [
  "",
  "plain",
  "🙂",
  "a🙂b",
  "👩‍👩‍👧 e\u0301 🇩🇪 \u200fשלום\r\n\t ",
  "🙂".repeat(1500),
  `a${"🙂".repeat(1500)}`,
  `${"x".repeat(1023)}🙂${"y".repeat(1023)}🙂`,
  `${"x".repeat(1024)}🙂${"y".repeat(2046)}🙂z`,
  "ab🙂c".repeat(2000),
];

test("every code point is where the language itself has it", () => {
  for (const text of TEXTS) {
    const counted = new CodePoints(text);
    let [units, points] = [0, 0];
    for (const char of text) {
      assert.equal(counted.fromUnits(units), points);
      assert.equal(counted.toUnits(points), units);
      units += char.length;
      points++;
    }
    assert.equal(counted.length, points);
    assert.equal(counted.fromUnits(text.length), points);
    assert.equal(counted.toUnits(points), text.length);
  }
});

test("the middle of a character counts as the place before it", () => {
  for (const before of ["", "a", "x".repeat(1023), "🙂".repeat(511), `y${"🙂".repeat(1023)}`]) {
    const counted = new CodePoints(`${before}🙂z`);
    assert.equal(counted.fromUnits(before.length + 1), [...before].length);
  }
});

test("a slice is what lies between two code points", () => {
  const text = "ab🙂c".repeat(1000);
  const chars = [...text];
  const counted = new CodePoints(text);
  for (const [start, end] of [[0, 0], [2, 3], [1023, 1026], [500, 3999], [0, 4000]]) {
    assert.equal(counted.slice(start, end), chars.slice(start, end).join(""));
  }
});

test("halves of characters that stand alone count as one each", () => {
  const counted = new CodePoints("a\ud83db\ude42c🙂\ud83d");
  assert.equal(counted.length, 7);
  assert.equal(counted.toUnits(5), 5);
  assert.equal(counted.fromUnits(7), 6);
});

test("a text of a megabyte is counted once and then asked in steps", () => {
  let reads = 0;
  const text = "🙂 words and words ".repeat(60_000);
  const counted = new CodePoints(text);
  const known = new Proxy(counted.known, { get: (all, key) => (reads++, Reflect.get(all, key)) });
  counted.known = known;
  assert.equal(counted.toUnits(counted.fromUnits(900_000)), 900_000);
  assert.ok(reads < 60, `${reads} reads`);
});
