import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox, delayAfter, outcomeOf } from "../../frontend/static/frontend/js/outbox.js";

function storage({ full = false } = {}) {
  const kept = new Map();
  return {
    kept,
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => full || kept.set(name, value),
    removeItem: (name) => kept.delete(name),
    names: () => [...kept.keys()],
  };
}

const FIELDS = [
  ["assignment", "7"],
  ["answer-which", "a"],
  ["answer-which", "b"],
];

test("what is put in comes back as it was, until it is dropped", () => {
  const outbox = new Outbox(storage(), "3", () => 1000);
  assert.equal(outbox.put("7-0", "/work/", FIELDS), true);
  assert.deepEqual(outbox.get("7-0"), { key: "7-0", user: "3", url: "/work/", fields: FIELDS, at: 1000 });
  outbox.drop("7-0");
  assert.equal(outbox.get("7-0"), null);
  assert.deepEqual(outbox.all(), []);
});

test("of what somebody else has left in this browser nothing is read", () => {
  const shared = storage();
  new Outbox(shared, "3").put("7-0", "/work/", FIELDS);
  const other = new Outbox(shared, "4");
  assert.equal(other.get("7-0"), null);
  assert.deepEqual(other.all(), []);
  assert.equal(new Outbox(shared, "3").all().length, 1);
});

test("what waits longest goes first, and other things in the storage are passed over", () => {
  const shared = storage();
  let now = 20;
  const outbox = new Outbox(shared, "3", () => now);
  outbox.put("2-0", "/work/", FIELDS);
  now = 10;
  outbox.put("9-0", "/work/", FIELDS);
  shared.kept.set("tandem-draft-5-0", "{}");
  shared.kept.set("tandem-outbox-6-0", "not json");
  assert.deepEqual(outbox.all().map((entry) => entry.key), ["9-0", "2-0"]);
});

test("a browser that keeps nothing is told apart", () => {
  assert.equal(new Outbox(storage({ full: true }), "3").put("7-0", "/work/", FIELDS), false);
});

test("attempts come ever more seldom, a minute apart at most, and not all at one moment", () => {
  const even = () => 0.5;
  assert.deepEqual([1, 2, 3, 4, 7, 50].map((tries) => delayAfter(tries, even)), [1000, 2000, 4000, 8000, 60_000, 60_000]);
  assert.equal(delayAfter(1, () => 0), 750);
  assert.equal(delayAfter(1, () => 1), 1250);
});

test("what the server made of it is told by its status", () => {
  const outcomes = { 0: "later", 200: "taken", 204: "taken", 303: "taken", 401: "signed out", 403: "signed out", 404: "refused", 408: "later", 409: "not counted", 413: "refused", 422: "refused", 429: "later", 500: "later", 503: "later" };
  for (const [status, outcome] of Object.entries(outcomes)) assert.equal(outcomeOf(Number(status)), outcome, status);
  assert.equal(outcomeOf(200, true), "signed out");
});
