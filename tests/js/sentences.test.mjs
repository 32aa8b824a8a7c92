import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { sentencesOf, trimmed } from "../../frontend/static/frontend/js/sentences.js";

// tests/annotate/test_sentences.py reads the same examples, so that page and server cut alike.
const EXAMPLES = JSON.parse(readFileSync(new URL("sentences.json", import.meta.url), "utf8"));

test("sentences are those that the server finds", () => {
  for (const { text, sentences } of EXAMPLES) {
    assert.deepEqual(sentencesOf(text).map(({ start, end }) => text.slice(start, end)), sentences);
  }
});

test("they come in order and do not overlap", () => {
  for (const { text } of EXAMPLES) {
    let last = 0;
    for (const { start, end } of sentencesOf(text)) {
      assert.ok(last <= start && start < end, text);
      last = end;
    }
  }
});

test("white space at the edges is what Python takes for it", () => {
  assert.deepEqual(trimmed("\u001c\u0085 a\u00a0", 0, 5), { start: 3, end: 4 });
  assert.deepEqual(trimmed("\ufeffa", 0, 2), { start: 0, end: 2 });
  assert.deepEqual(trimmed("  ", 0, 2), { start: 2, end: 2 });
});
