import assert from "node:assert/strict";
import { test } from "node:test";

import { added, addedMissing, brief, changed, cleaned, History, isAnswered, isComplete, lines, neighbour, NOTHING, outcomes, read, removed, spansAt, write } from "../../frontend/static/frontend/js/spans_model.js";

const FREE = { overlap: true };
const APART = { overlap: false };
const span = (start, end, label = "wrong", text = "completion-0") => ({ text, start, end, quote: `${start}-${end}`, label });

/** What is marked after spans were added one by one. */
function made(...spans) {
  return spans.reduce((marked, each) => {
    const { marked: next, fault } = added(marked, each, FREE);
    assert.equal(fault, undefined);
    return next;
  }, NOTHING);
}

const ANSWER = {
  spans: [
    { completion: 0, start: 0, end: 9, text: "012345678", label: "wrong", severity: "major", comment: "Why", evidence: [{ context: 1, start: 2, end: 4, text: "so" }, { span: 1 }] },
    { completion: 0, start: 0, end: 4, text: "0123", label: "style" },
    { completion: 1, start: 7, end: 8, text: "x", label: "wrong", evidence: [{ span: 0 }] },
    { context: 0, start: 1, end: 2, text: "y", label: "style" },
  ],
  missing: [{ completion: 1, label: "lacks", comment: "The date" }],
  clean: [2, 3],
};

test("an answer is read and written without a change", () => {
  assert.deepEqual(JSON.parse(write(read(JSON.stringify(ANSWER)))), ANSWER);
  assert.equal(write(read("")), "");
});

test("spans are kept from front to back, longer ones first, passages last", () => {
  const marked = made(span(5, 6, "wrong", "context-0"), span(3, 4, "wrong", "completion-1"), span(2, 9), span(2, 4), span(0, 1));
  assert.deepEqual(marked.spans.map(({ text, quote }) => `${text} ${quote}`), ["completion-0 0-1", "completion-0 2-9", "completion-0 2-4", "completion-1 3-4", "context-0 5-6"]);
});

test("evidence goes on naming the same span when others come before it", () => {
  let marked = made(span(10, 12), span(20, 22));
  marked = changed(marked, 2, { evidence: [{ span: 1 }] }, FREE).marked;
  marked = added(marked, span(0, 2), FREE).marked;
  assert.deepEqual(JSON.parse(write(marked)).spans[2].evidence, [{ span: 1 }]);
  assert.equal(JSON.parse(write(marked)).spans[1].start, 10);
});

test("a span that is deleted is evidence no more, and leaves no empty list", () => {
  let marked = made(span(10, 12), span(20, 22));
  marked = changed(marked, 2, { evidence: [{ span: 1 }] }, FREE).marked;
  assert.equal("evidence" in removed(marked, 1).spans[0], false);
});

test("the same mark twice is refused, the same range as something else is not", () => {
  const marked = made(span(1, 5));
  assert.match(added(marked, span(1, 5), FREE).fault, /already/);
  assert.equal(added(marked, span(1, 5, "style"), FREE).fault, undefined);
});

test("where marks may not overlap the one in the way is named, and touching is allowed", () => {
  const marked = made(span(1, 5));
  assert.match(added(marked, span(4, 8), APART).fault, /“1-5” is marked/);
  assert.equal(added(marked, span(5, 8), APART).fault, undefined);
  assert.equal(added(marked, span(4, 8, "wrong", "completion-1"), APART).fault, undefined);
});

test("a span may be moved within itself, but not over another", () => {
  const marked = made(span(1, 5), span(6, 9));
  assert.equal(changed(marked, 1, { start: 2, end: 6, quote: "2-6" }, APART).fault, undefined);
  assert.match(changed(marked, 1, { end: 7 }, APART).fault, /“6-9”/);
  assert.equal(changed(marked, 1, { comment: "x" }, APART).marked.spans[0].comment, "x");
});

test("what is emptied is gone", () => {
  const marked = changed(made({ ...span(1, 5), comment: "x" }), 1, { comment: undefined }, FREE).marked;
  assert.equal("comment" in marked.spans[0], false);
});

test("a text with marks cannot be said to have none, and a mark takes the saying back", () => {
  assert.match(cleaned(made(span(1, 5)), "completion-0").fault, /Something is marked/);
  const { marked } = cleaned(NOTHING, "completion-0");
  assert.deepEqual(marked.clean, ["completion-0"]);
  assert.deepEqual(added(marked, span(1, 2), FREE).marked.clean, []);
  assert.deepEqual(addedMissing(marked, { text: "completion-0", label: "lacks" }).marked.clean, []);
  assert.deepEqual(cleaned(marked, "completion-0").marked.clean, []);
});

test("of two things missing the first is described before there is a second", () => {
  const one = addedMissing(NOTHING, { text: "completion-0", label: "lacks" });
  assert.match(addedMissing(one.marked, { text: "completion-0", label: "lacks" }).fault, /already/);
  const described = changed(one.marked, one.id, { comment: "The date" }, FREE).marked;
  assert.equal(addedMissing(described, { text: "completion-0", label: "lacks" }).marked.missing.length, 2);
});

test("an answer is complete when something is said of each text", () => {
  const marked = cleaned(made(span(1, 5)), "completion-1").marked;
  assert.equal(isComplete(marked, ["completion-0", "completion-1"]), true);
  assert.equal(isComplete(marked, ["completion-0", "completion-2"]), false);
});

test("an answer comes to its labels, each once, or to none", () => {
  assert.deepEqual(outcomes(NOTHING), ["none"]);
  assert.deepEqual(outcomes(cleaned(NOTHING, "completion-0").marked), ["none"]);
  assert.deepEqual(outcomes(made(span(0, 2), span(4, 6), span(7, 9, "style"))), ["any", "wrong", "style"]);
  const lacking = addedMissing(NOTHING, { text: "completion-0", label: "lacks" }).marked;
  assert.deepEqual(outcomes(lacking), ["any", "lacks"]);
});

test("what is marked in a passage is said of the only completion", () => {
  const source = made(span(0, 4, "wrong", "context-0"));
  assert.equal(isAnswered(source, ["completion-0"]), true);
  assert.equal(isAnswered(source, ["completion-0", "completion-1"]), false);
  assert.equal(isAnswered(NOTHING, ["completion-0"]), false);
});

test("the shortest span at a place comes first, and a span ends before its end", () => {
  const marked = made(span(0, 10), span(2, 5), span(5, 7));
  assert.deepEqual(spansAt(marked, "completion-0", 4).map(({ quote }) => quote), ["2-5", "0-10"]);
  assert.deepEqual(spansAt(marked, "completion-0", 5).map(({ quote }) => quote), ["5-7", "0-10"]);
  assert.deepEqual(spansAt(marked, "completion-1", 4), []);
});

test("from mark to mark, and from a place to the next one", () => {
  const marked = made(span(2, 5), span(8, 9), span(1, 2, "wrong", "completion-1"));
  assert.equal(neighbour(marked, { id: 1 }, 1).quote, "8-9");
  assert.equal(neighbour(marked, { id: 1 }, -1), undefined);
  assert.equal(neighbour(marked, { id: null, text: "completion-0", at: 6 }, 1).quote, "8-9");
  assert.equal(neighbour(marked, { id: null, text: "completion-0", at: 6 }, -1).quote, "2-5");
  assert.equal(neighbour(marked, { id: null, text: "completion-0", at: 20 }, 1).quote, "1-2");
  assert.equal(neighbour(NOTHING, { id: null }, 1), undefined);
});

test("spans that overlap are drawn on lines below each other", () => {
  const { spans } = made(span(0, 10), span(2, 5), span(4, 8), span(6, 12), span(12, 14), span(0, 3, "wrong", "completion-1"));
  const line = lines(spans);
  assert.deepEqual(spans.map(({ id, quote }) => [quote, line.get(id)]), [["0-10", 0], ["2-5", 1], ["4-8", 2], ["6-12", 1], ["12-14", 0], ["0-3", 0]]);
});

test("what was done is taken back step by step, and done again", () => {
  const history = new History(NOTHING);
  history.go(made(span(1, 2)));
  history.go(made(span(1, 2), span(3, 4)));
  assert.equal(history.undo(), true);
  assert.equal(history.present.spans.length, 1);
  assert.equal(history.undo(), true);
  assert.equal(history.undo(), false);
  assert.equal(history.redo() && history.redo(), true);
  assert.equal(history.present.spans.length, 2);
  history.undo();
  history.go(NOTHING);
  assert.equal(history.redo(), false);
});

test("long quotes are cut between characters", () => {
  assert.equal(brief("a  b\nc"), "a b c");
  assert.equal(brief("😀".repeat(50)), `${"😀".repeat(39)}…`);
  assert.equal(brief(" \n"), "␣");
});
