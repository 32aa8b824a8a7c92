/**
 * How long an item took: at work on it, with the page in focus, and by the clock.
 *
 * At work means in focus and no longer than `IDLE` since the last key, click, or move of the pointer.
 * @typedef {{startedAt: number, focused: number, active: number}} Measured seconds, but for `startedAt` (ms since 1970)
 */

export const IDLE = 30;

export class Stopwatch {
  /**
   * @param {{now?: () => number, kept?: Measured | null, inFocus?: boolean}} options `now` in ms since 1970
   */
  constructor({ now = Date.now, kept = null, inFocus = true } = {}) {
    this.now = now;
    this.startedAt = kept?.startedAt ?? now();
    this.focused = kept?.focused ?? 0;
    this.active = kept?.active ?? 0;
    this.inFocus = inFocus;
    this.since = now(); // counted up to here
    this.idleAt = inFocus ? now() + IDLE * 1000 : now();
  }

  /** Counts the time since it was last called. */
  count() {
    const now = this.now();
    if (this.inFocus && now > this.since) {
      this.focused += (now - this.since) / 1000;
      this.active += Math.max(0, Math.min(now, this.idleAt) - this.since) / 1000;
    }
    this.since = now;
  }

  /** A sign of life. */
  act() {
    this.count();
    this.idleAt = this.now() + IDLE * 1000;
  }

  /** @param {boolean} inFocus */
  focus(inFocus) {
    this.count();
    this.inFocus = inFocus;
    if (inFocus) this.act();
  }

  /** @returns {{active: string, focused: string, wall: string}} seconds with one digit, each at most the next */
  read() {
    this.count();
    const wall = Math.max(0, this.now() - this.startedAt) / 1000;
    const focused = Math.min(this.focused, wall);
    const active = Math.min(this.active, focused);
    return { active: active.toFixed(1), focused: focused.toFixed(1), wall: wall.toFixed(1) };
  }

  /** @returns {Measured} what a reloaded page goes on from */
  keep() {
    this.count();
    return { startedAt: this.startedAt, focused: this.focused, active: this.active };
  }
}
