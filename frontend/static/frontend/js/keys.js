/**
 * Which key means what in the workspace.
 *
 * @typedef {{key: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean, repeat?: boolean}} Press
 * @typedef {"page" | "typing" | "pressable" | "scrolling"} Place where the focus is
 * @typedef {{do: string, key?: string, by?: number}} Command
 */

const LETTERS = Object.freeze({
  s: "skip",
  u: "undo",
  g: "guidelines",
  r: "raw",
  p: "prompt",
  w: "write",
  "?": "keys",
});
const MOVES = Object.freeze({ ArrowDown: 1, ArrowUp: -1 });
const SHIFTS = Object.freeze({ ArrowRight: 1, ArrowLeft: -1 });
const SCROLLS = Object.freeze({ PageDown: 1, PageUp: -1 });

/**
 * @param {Press} press
 * @param {Place} place
 * @returns {Command | null} null leaves the key to the browser
 */
export function commandFor(press, place) {
  const { key } = press;
  if (key === "Enter" && (press.ctrlKey || press.metaKey)) return once(press, { do: "submit" });
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  if (key === "Escape") return { do: "leave" };
  if (place === "typing") return null;
  if (key === "Enter") return place === "pressable" ? null : once(press, { do: "submit" });
  if (/^[0-9]$/.test(key)) return once(press, { do: "choose", key });
  if (key === "Backspace" || key === "Delete") return once(press, { do: "clear" });
  if (Object.hasOwn(LETTERS, key.toLowerCase())) return once(press, { do: LETTERS[key.toLowerCase()] });
  if (place === "scrolling") return null;
  if (Object.hasOwn(MOVES, key)) return { do: "move", by: MOVES[key] };
  if (Object.hasOwn(SHIFTS, key)) return { do: "shift", by: SHIFTS[key] };
  if (Object.hasOwn(SCROLLS, key)) return { do: "scroll", by: SCROLLS[key] };
  return null;
}

/** A key held down acts once: Enter must not run through the items. */
function once(/** @type {Press} */ press, /** @type {Command} */ command) {
  return press.repeat ? { do: "nothing" } : command;
}

/**
 * The place that a list of `size` moves on to, staying inside it.
 *
 * @param {number} place
 * @param {number} by
 * @param {number} size
 */
export function moved(place, by, size) {
  return Math.max(0, Math.min(size - 1, place + by));
}
