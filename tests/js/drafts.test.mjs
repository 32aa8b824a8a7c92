import assert from "node:assert/strict";
import { test } from "node:test";

import { Drafts } from "../../frontend/static/frontend/js/drafts.js";
import { keeper } from "../../frontend/static/frontend/js/storage.js";

/** What a browser's storage does, on a map. */
class Storage {
  kept = new Map();
  getItem = (name) => this.kept.get(name) ?? null;
  setItem = (name, value) => void this.kept.set(name, value);
  removeItem = (name) => void this.kept.delete(name);
  key = (n) => [...this.kept.keys()][n] ?? null;
  get length() {
    return this.kept.size;
  }
}

/** Drafts on a storage of their own. */
function make(now, storage = new Storage()) {
  return new Drafts(keeper(() => storage), now);
}

const DAY = 24 * 3600 * 1000;

test("a draft comes back under its key until it is dropped", () => {
  const drafts = make(() => 100);
  drafts.save("7-0", { "answer-why": "Because" });
  assert.deepEqual(drafts.load("7-0"), { fields: { "answer-why": "Because" }, at: 100 });
  assert.equal(drafts.load("7-1"), null);
  drafts.drop("7-0");
  assert.equal(drafts.load("7-0"), null);
});

test("a draft that the server has a newer one of is not taken", () => {
  const drafts = make(() => 100);
  drafts.save("7-0", { a: "1" });
  assert.equal(drafts.load("7-0", 100), null);
  assert.notEqual(drafts.load("7-0", 99), null);
});

test("old drafts are forgotten, other entries stay", () => {
  const storage = new Storage();
  storage.setItem("other", "stays");
  storage.setItem("tandem-draft-broken", "{");
  make(() => 0, storage).save("old", {});
  make(() => 20 * DAY, storage).save("new", {});
  make(() => 21 * DAY, storage).tidy();
  assert.deepEqual([...storage.kept.keys()], ["other", "tandem-draft-new"]);
});

test("a browser that refuses to store does no harm", () => {
  const forbidden = keeper(() => {
    throw new Error("SecurityError");
  });
  const drafts = new Drafts(forbidden, () => 5);
  assert.deepEqual(drafts.save("7-0", { a: "1" }), { fields: { a: "1" }, at: 5 });
  assert.equal(drafts.load("7-0"), null);
  drafts.drop("7-0");
  drafts.tidy();
});

test("what is not a draft is not taken for one", () => {
  const storage = new Storage();
  const drafts = make(Date.now, storage);
  for (const value of ["null", "[]", '{"at": "x", "fields": {}}', '{"at": 5}', "nonsense"]) {
    storage.setItem("tandem-draft-7-0", value);
    assert.equal(drafts.load("7-0"), null, value);
  }
});
