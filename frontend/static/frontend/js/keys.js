/**
 * Which key means what in the workspace.
 *
 * @typedef {{key: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean, repeat?: boolean}} Press
 * @typedef {"page" | "typing" | "pressable" | "scrolling"} Place where the focus is
 * @typedef {{do: string, key?: string, by?: number}} Command
 * @typedef {ReadonlyMap<string, string>} Bindings what a key does; letters in lower case
 */

const MOVES = Object.freeze({ ArrowDown: 1, ArrowUp: -1 });
const SHIFTS = Object.freeze({ ArrowRight: 1, ArrowLeft: -1 });
const SCROLLS = Object.freeze({ PageDown: 1, PageUp: -1 });

/**
 * @param {Press} press
 * @param {Place} place
 * @param {Bindings} bindings
 * @returns {Command | null} null leaves the key to the browser
 */
export function commandFor(press, place, bindings) {
  const { key } = press;
  if (key === "Enter" && (press.ctrlKey || press.metaKey)) return once(press, { do: "submit" });
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  if (key === "Escape") return { do: "leave" };
  if (place === "typing") return null;
  if (place === "pressable" && (key === "Enter" || key === " ")) return null;
  if (place === "scrolling" && (key === " " || Object.hasOwn(MOVES, key) || Object.hasOwn(SHIFTS, key) || Object.hasOwn(SCROLLS, key))) return null;
  const bound = bindings.get(key.length === 1 ? key.toLowerCase() : key);
  if (bound) return once(press, { do: bound });
  if (/^[0-9]$/.test(key)) return once(press, { do: "choose", key });
  if (key === "Delete") return once(press, { do: "clear" });
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
