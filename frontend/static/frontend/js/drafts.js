/**
 * What is filled in, kept in this browser until it is submitted: a reload or a lost connection costs nothing.
 *
 * @typedef {Record<string, string>} Fields
 * @typedef {{fields: Fields, at: number}} Draft `at` in ms since 1970
 */

import { attempt } from "./storage.js";

const PREFIX = "tandem-draft-";
const OLDEST = 14 * 24 * 3600 * 1000;

export class Drafts {
  /**
   * @param {import("./storage.js").Keeper} storage
   * @param {() => number} now
   */
  constructor(storage, now = Date.now) {
    this.storage = storage;
    this.now = now;
  }

  /**
   * @param {string} key names the assignment and its turn
   * @param {Fields} fields
   * @returns {Draft}
   */
  save(key, fields) {
    const draft = { fields, at: this.now() };
    this.storage.setItem(PREFIX + key, JSON.stringify(draft));
    return draft;
  }

  /**
   * @param {string} key
   * @param {number} newerThan ms since 1970
   * @returns {Draft | null}
   */
  load(key, newerThan = 0) {
    const draft = this.read(PREFIX + key);
    return draft && draft.at > newerThan ? draft : null;
  }

  /** @param {string} key */
  drop(key) {
    this.storage.removeItem(PREFIX + key);
  }

  /** Forgets drafts that nobody came back for. */
  tidy() {
    for (const name of this.storage.names().filter((each) => each.startsWith(PREFIX))) {
      const draft = this.read(name);
      if (!draft || draft.at < this.now() - OLDEST) this.storage.removeItem(name);
    }
  }

  /** @returns {Draft | null} */
  read(/** @type {string} */ name) {
    const draft = attempt(() => JSON.parse(this.storage.getItem(name) ?? "null"));
    return draft && typeof draft.at === "number" && typeof draft.fields === "object" && draft.fields ? draft : null;
  }
}
