import assert from "node:assert/strict";
import { test } from "node:test";

import { commandFor as commandOf, moved } from "../../frontend/static/frontend/js/keys.js";

const BINDINGS = new Map(Object.entries({ s: "skip", u: "undo", "?": "keys", Enter: "submit", Backspace: "clear" }));
const commandFor = (press, place, bindings = BINDINGS) => commandOf(press, place, bindings);

test("digits choose, and letters do what they stand for", () => {
  assert.deepEqual(commandFor({ key: "3" }, "page"), { do: "choose", key: "3" });
  assert.deepEqual(commandFor({ key: "s" }, "page"), { do: "skip" });
  assert.deepEqual(commandFor({ key: "U" }, "page"), { do: "undo" });
  assert.deepEqual(commandFor({ key: "?" }, "page"), { do: "keys" });
});

test("keys are off while somebody writes, but for submit and leave", () => {
  for (const key of ["1", "s", "u", "Enter", "ArrowUp", "Backspace", "?"]) {
    assert.equal(commandFor({ key }, "typing"), null, key);
  }
  assert.deepEqual(commandFor({ key: "Enter", ctrlKey: true }, "typing"), { do: "submit" });
  assert.deepEqual(commandFor({ key: "Enter", metaKey: true }, "typing"), { do: "submit" });
  assert.deepEqual(commandFor({ key: "Escape" }, "typing"), { do: "leave" });
});

test("Enter submits, unless a button or link has the focus", () => {
  assert.deepEqual(commandFor({ key: "Enter" }, "page"), { do: "submit" });
  assert.deepEqual(commandFor({ key: "Enter" }, "scrolling"), { do: "submit" });
  assert.equal(commandFor({ key: "Enter" }, "pressable"), null);
});

test("a key held down acts once, but goes on moving", () => {
  assert.deepEqual(commandFor({ key: "Enter", repeat: true }, "page"), { do: "nothing" });
  assert.deepEqual(commandFor({ key: "u", repeat: true }, "page"), { do: "nothing" });
  assert.deepEqual(commandFor({ key: "ArrowDown", repeat: true }, "page"), { do: "move", by: 1 });
});

test("the browser keeps its own shortcuts and scrolls what has the focus", () => {
  assert.equal(commandFor({ key: "r", ctrlKey: true }, "page"), null);
  assert.equal(commandFor({ key: "s", metaKey: true }, "page"), null);
  assert.equal(commandFor({ key: "1", altKey: true }, "page"), null);
  assert.equal(commandFor({ key: "ArrowDown" }, "scrolling"), null);
  assert.equal(commandFor({ key: "PageDown" }, "scrolling"), null);
  assert.deepEqual(commandFor({ key: "PageDown" }, "page"), { do: "scroll", by: 1 });
});

test("other keys mean nothing, names of object properties among them", () => {
  for (const key of ["x", "F5", "constructor", "__proto__", "Tab"]) {
    assert.equal(commandFor({ key }, "page"), null, key);
  }
});

test("a key does what its annotator has bound it to", () => {
  const own = new Map(Object.entries({ f: "skip", " ": "submit", "ö": "undo" }));
  assert.deepEqual(commandFor({ key: "F" }, "page", own), { do: "skip" });
  assert.deepEqual(commandFor({ key: "Ö" }, "page", own), { do: "undo" });
  assert.deepEqual(commandFor({ key: " " }, "page", own), { do: "submit" });
  assert.equal(commandFor({ key: " " }, "pressable", own), null);
  assert.equal(commandFor({ key: " " }, "scrolling", own), null);
  assert.equal(commandFor({ key: "s" }, "page", own), null);
  assert.equal(commandFor({ key: "Enter" }, "page", own), null);
  assert.deepEqual(commandFor({ key: "Enter", ctrlKey: true }, "typing", own), { do: "submit" });
});

test("moving stays inside the list", () => {
  assert.equal(moved(0, -1, 3), 0);
  assert.equal(moved(1, 1, 3), 2);
  assert.equal(moved(2, 1, 3), 2);
});
