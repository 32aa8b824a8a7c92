/**
 * Answers that were submitted and have not arrived: kept in this browser until the server has them.
 *
 * Written before they are sent, so that neither a lost connection nor a closed browser loses one; a
 * submission's key lets the server count it once, however often it is sent.
 *
 * @typedef {{key: string, user: string, url: string, fields: [string, string][], at: number}} Entry `at` in ms since 1970
 * @typedef {"taken" | "later" | "signed out" | "not counted" | "refused"} Outcome what the server made of it
 */

import { attempt } from "./storage.js";

const PREFIX = "tandem-outbox-";
const LONGEST = 60; // seconds between two attempts

export class Outbox {
  /**
   * @param {import("./storage.js").Keeper} storage
   * @param {string} user whose answers; of others nothing is read
   * @param {() => number} now
   */
  constructor(storage, user, now = Date.now) {
    this.storage = storage;
    this.user = user;
    this.now = now;
  }

  /**
   * @param {string} key of the submission
   * @param {string} url
   * @param {[string, string][]} fields all of the form's
   * @returns {boolean} whether it outlives the page
   */
  put(key, url, fields) {
    const text = JSON.stringify({ key, user: this.user, url, fields, at: this.now() });
    this.storage.setItem(PREFIX + key, text);
    return this.storage.getItem(PREFIX + key) === text;
  }

  /** @param {string} key @returns {Entry | null} */
  get(key) {
    const entry = attempt(() => JSON.parse(this.storage.getItem(PREFIX + key) ?? "null"));
    return entry?.user === this.user && Array.isArray(entry.fields) ? entry : null;
  }

  /** @param {string} key */
  drop(key) {
    this.storage.removeItem(PREFIX + key);
  }

  /** @returns {Entry[]} the oldest first */
  all() {
    const keys = this.storage.names().filter((name) => name.startsWith(PREFIX));
    const entries = keys.map((name) => this.get(name.slice(PREFIX.length)));
    return entries.filter((entry) => entry !== null).sort((one, other) => one.at - other.at);
  }
}

/**
 * How long to wait before the next attempt: 1, 2, 4 seconds and so on, at most a minute, each a
 * quarter more or less, so that those who lost one server do not come back at one moment.
 *
 * @param {number} tries attempts that failed so far, at least 1
 * @param {() => number} random from 0 to 1
 * @returns {number} ms
 */
export function delayAfter(tries, random = Math.random) {
  return Math.round(Math.min(LONGEST, 2 ** (tries - 1)) * 1000 * (0.75 + random() / 2));
}

/**
 * @param {number} status of HTTP; 0 where there was no answer
 * @param {boolean} signIn whether the answer is the sign-in page
 * @returns {Outcome}
 */
export function outcomeOf(status, signIn = false) {
  if (signIn || status === 401 || status === 403) return "signed out";
  if (status >= 200 && status < 400) return "taken";
  if (status === 409) return "not counted";
  return status === 0 || status === 408 || status === 429 || status >= 500 ? "later" : "refused";
}
