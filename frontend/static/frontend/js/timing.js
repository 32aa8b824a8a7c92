/** How long the item on the page has taken; it goes with the answers, and survives a reload. */

import { form, keyOf, session } from "./item.js";
import { attempt } from "./storage.js";
import { Stopwatch } from "./stopwatch.js";

const TIME = "tandem-time";
let stopwatch = new Stopwatch();
/** @type {Record<string, string> | null} seconds when it was submitted: waiting for the server is not work */
let stopped = null;

/** An item is shown: the clock starts, or goes on where this tab has shown it before. */
export function start() {
  const kept = attempt(() => JSON.parse(session.getItem(TIME) ?? "null"));
  stopwatch = new Stopwatch({ kept: kept?.key === keyOf() ? kept.measured : null, inFocus: document.hasFocus() });
  stopped = null;
}

export function forgetTime() {
  session.removeItem(TIME);
}

/** @param {Record<string, string> | null} seconds */
export function stop(seconds = stopwatch.read()) {
  stopped ??= seconds;
}

export function goOn() {
  stopped = null;
}

document.addEventListener("formdata", (event) => {
  if (event.target !== form()) return;
  for (const [name, seconds] of Object.entries(stopped ?? stopwatch.read())) event.formData.set(`${name}_seconds`, seconds);
});
for (const name of ["keydown", "pointerdown", "pointermove", "wheel"]) {
  document.addEventListener(name, () => stopwatch.act(), { passive: true, capture: true });
}
window.addEventListener("focus", () => stopwatch.focus(true));
window.addEventListener("blur", () => stopwatch.focus(false));
document.addEventListener("visibilitychange", () => stopwatch.focus(document.visibilityState === "visible" && document.hasFocus()));
window.addEventListener("pagehide", () => {
  if (form()) session.setItem(TIME, JSON.stringify({ key: keyOf(), measured: stopwatch.keep() }));
});
