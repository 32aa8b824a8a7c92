import assert from "node:assert/strict";
import { test } from "node:test";

import { IDLE, Stopwatch } from "../../frontend/static/frontend/js/stopwatch.js";

/** A stopwatch, and a clock to set. */
function make(options = {}) {
  const clock = { ms: 1_000_000 };
  const watch = new Stopwatch({ now: () => clock.ms, ...options });
  return { watch, after: (seconds) => (clock.ms += seconds * 1000), clock };
}

test("somebody who reads and acts is at work all the time", () => {
  const { watch, after } = make();
  after(10);
  watch.act();
  after(20);
  assert.deepEqual(watch.read(), { active: "30.0", focused: "30.0", wall: "30.0" });
});

test("a pause longer than the limit is in focus but not at work", () => {
  const { watch, after } = make();
  after(IDLE + 60);
  watch.act();
  after(5);
  assert.deepEqual(watch.read(), { active: `${IDLE + 5}.0`, focused: `${IDLE + 65}.0`, wall: `${IDLE + 65}.0` });
});

test("time in another window counts by the clock alone", () => {
  const { watch, after } = make();
  after(10);
  watch.focus(false);
  after(100);
  watch.focus(true);
  after(5);
  assert.deepEqual(watch.read(), { active: "15.0", focused: "15.0", wall: "115.0" });
});

test("a page that opens in the background counts once it is looked at", () => {
  const { watch, after } = make({ inFocus: false });
  after(30);
  watch.focus(true);
  after(2);
  assert.deepEqual(watch.read(), { active: "2.0", focused: "2.0", wall: "32.0" });
});

test("a reload goes on where the page before left", () => {
  const first = make();
  first.after(12);
  const kept = first.watch.keep();
  first.after(3);
  const second = new Stopwatch({ now: () => first.clock.ms, kept });
  assert.deepEqual(second.read(), { active: "12.0", focused: "12.0", wall: "15.0" });
});

test("a clock that is set back never makes more work than time", () => {
  const { watch, after } = make();
  after(10);
  watch.act();
  after(-8);
  const { active, focused, wall } = watch.read();
  assert.ok(Number(active) <= Number(focused) && Number(focused) <= Number(wall));
});
