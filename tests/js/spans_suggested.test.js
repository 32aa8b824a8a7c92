import assert from "node:assert/strict";
import { test } from "node:test";

import { changed, read, removed } from "../../frontend/static/frontend/js/spans_model.js";
import { Suggested } from "../../frontend/static/frontend/js/spans_suggested.js";

const LYON = { completion: 0, start: 0, end: 4, text: "Lyon", label: "wrong", comment: "Paris" };
const IT = { completion: 1, start: 9, end: 11, text: "it", label: "vague" };
const answer = JSON.stringify({ spans: [LYON, IT], missing: [{ completion: 0, label: "date" }] });
const suggested = new Suggested(answer, "mini v1");
const whose = (/** @type {any} */ { spans, missing }) => [...spans, ...missing].map((part) => suggested.whose(part));

test("what is as it was filled in is whose it was", () => {
  assert.deepEqual(whose(read(answer)), ["mini v1", "mini v1", "mini v1"]);
});

test("a mark with another place, label, severity or comment is the annotator's own", () => {
  const marked = read(answer);
  for (const fields of [{ end: 3, quote: "Lyo" }, { label: "vague" }, { severity: "major" }, { comment: "" }, { comment: "Rome" }]) {
    const { marked: now } = changed(marked, 1, fields, { overlap: true });
    assert.deepEqual(whose(now), ["", "mini v1", "mini v1"]);
  }
});

test("others stay whose they are when one is taken away", () => {
  assert.deepEqual(whose(removed(read(answer), 1)), ["mini v1", "mini v1"]);
});

test("where nothing was filled in nothing is anybody else's", () => {
  const nothing = new Suggested(undefined, undefined);
  assert.deepEqual(read(answer).spans.map((part) => nothing.whose(part)), ["", ""]);
});
