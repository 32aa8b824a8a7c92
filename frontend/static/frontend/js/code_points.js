/**
 * Places in a text as JavaScript counts them (UTF-16 units) and as they are stored (Unicode code points): beyond U+FFFF
 * a character is two units and one code point.
 */

const STEP = 1024; // units between two places whose code points are known
const BEYOND = /[\ud800-\udfff]/;

/** @param {string} text @param {number} at */
const isInside = (text, at) => at > 0 && at < text.length && isLow(text.charCodeAt(at)) && isHigh(text.charCodeAt(at - 1));
const isHigh = (/** @type {number} */ unit) => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (/** @type {number} */ unit) => unit >= 0xdc00 && unit <= 0xdfff;

/** One text, counted once: each question then takes a walk of at most a thousand units. */
export class CodePoints {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.known = BEYOND.test(text) ? counted(text) : null;
    /** How many code points the text has. */
    this.length = this.known ? this.fromUnits(text.length) : text.length;
  }

  /**
   * How many code points lie before a place. The middle of a character counts as the place before it.
   *
   * @param {number} units 0 to the text's length
   */
  fromUnits(units) {
    if (!this.known) return units;
    const step = Math.floor(units / STEP);
    let [at, points] = [step * STEP, this.known[step]];
    if (isInside(this.text, at)) [at, points] = [at - 1, points - 1];
    for (; at < units; points++) {
      at += widthAt(this.text, at);
      if (at > units) break;
    }
    return points;
  }

  /**
   * Where a code point starts, in units.
   *
   * @param {number} points 0 to `length`
   */
  toUnits(points) {
    if (!this.known) return points;
    let [low, high] = [0, this.known.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.known[middle] <= points) low = middle;
      else high = middle - 1;
    }
    let [at, found] = [low * STEP, this.known[low]];
    if (isInside(this.text, at)) [at, found] = [at - 1, found - 1];
    for (; found < points && at < this.text.length; found++) at += widthAt(this.text, at);
    return at;
  }

  /** What stands between two code points. @param {number} start @param {number} end */
  slice(start, end) {
    return this.text.slice(this.toUnits(start), this.toUnits(end));
  }
}

/** @param {string} text @param {number} at */
function widthAt(text, at) {
  return isHigh(text.charCodeAt(at)) && at + 1 < text.length && isLow(text.charCodeAt(at + 1)) ? 2 : 1;
}

/**
 * How many characters start before each thousandth unit: in front of a middle of a character, that one is counted.
 *
 * @param {string} text
 */
function counted(text) {
  const known = new Uint32Array(Math.floor(text.length / STEP) + 1);
  let points = 0;
  for (let at = 0, next = 0; at <= text.length; points++) {
    while (next <= at && next / STEP < known.length) {
      // A character that begins right before the mark and ends after it counts as begun.
      known[next / STEP] = points;
      next += STEP;
    }
    at += at < text.length ? widthAt(text, at) : 1;
  }
  return known;
}
