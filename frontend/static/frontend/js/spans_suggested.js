/** Marks that somebody else's answer filled in to begin with: theirs for as long as they are as they were. */

import { read } from "./spans_model.js";

/** @typedef {import("./spans_model.js").Span | import("./spans_model.js").Missing} Part */

/** What makes two marks the same; evidence is left out, as it names other marks. @param {Part} part */
function sameness(part) {
  const [start, end] = "quote" in part ? [part.start, part.end] : [];
  return JSON.stringify([part.text, start, end, part.label, part.severity, part.comment]);
}

export class Suggested {
  /** @param {string | undefined} json the answer that was filled in @param {string | undefined} by whose it is */
  constructor(json, by) {
    this.by = by ?? "";
    const { spans, missing } = read(json ?? "");
    this.known = new Set([...spans, ...missing].map(sameness));
  }

  /** Whose a mark is; empty where it is the annotator's own by now. @param {Part} part */
  whose(part) {
    return this.known.has(sameness(part)) ? this.by : "";
  }
}
