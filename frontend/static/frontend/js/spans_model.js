/**
 * What is marked in an item's texts, as a page edits it: values that are never changed, and what becomes of them.
 *
 * Offsets are code points. A text is named as on the page, "completion-0" by its shown place or "context-0".
 * Within the page a part has an `id`, by which evidence names spans; in the stored answer it names them by place.
 *
 * @typedef {{text: string, start: number, end: number, quote: string}} Quoted part of a text
 * @typedef {Quoted | {span: number}} Evidence a sentence of a passage, or another span by its id
 * @typedef {{label: string, severity?: string, comment?: string, evidence?: Evidence[]}} Said
 * @typedef {Quoted & Said & {id: number}} Span
 * @typedef {{id: number, text: string} & Said} Missing something that the text lacks, so without a place
 * @typedef {{spans: Span[], missing: Missing[], clean: string[]}} Marked spans in order; `clean`: texts said to have none
 * @typedef {{marked: Marked, id?: number, fault?: string}} Outcome the fault in words where nothing was changed
 */

/** @type {Marked} */
export const NOTHING = Object.freeze({ spans: [], missing: [], clean: [] });

// ------------------------------------------------------------------------------- to and from answers

/** @param {any} part @returns {string} */
const textOf = (part) => ("context" in part ? `context-${part.context}` : `completion-${part.completion}`);

/** @param {string} text @returns {Record<string, number>} */
function targetOf(text) {
  const [kind, place] = text.split("-");
  return { [kind]: Number(place) };
}

/** @param {any} part @returns {Quoted} */
const quoted = (part) => ({ text: textOf(part), start: part.start, end: part.end, quote: part.text });

/** @param {string} json an answer, or nothing @returns {Marked} */
export function read(json) {
  const answer = json ? JSON.parse(json) : {};
  const spans = answer.spans ?? [];
  const said = (/** @type {any} */ part) => {
    const { label, severity, comment, evidence } = part;
    const pieces = evidence?.map((/** @type {any} */ each) => ("span" in each ? { span: each.span + 1 } : quoted(each)));
    return given({ label, severity, comment, evidence: pieces });
  };
  return {
    spans: sorted(spans.map((/** @type {any} */ part, /** @type {number} */ n) => ({ id: n + 1, ...quoted(part), ...said(part) }))),
    missing: (answer.missing ?? []).map((/** @type {any} */ part, /** @type {number} */ n) => ({ id: spans.length + n + 1, text: textOf(part), ...said(part) })),
    clean: (answer.clean ?? []).map((/** @type {number} */ place) => `completion-${place}`),
  };
}

/** @param {Marked} marked @returns {string} the answer as JSON; empty where nothing is said */
export function write({ spans, missing, clean }) {
  if (!spans.length && !missing.length && !clean.length) return "";
  const place = new Map(spans.map(({ id }, n) => [id, n]));
  const range = (/** @type {Quoted} */ { text, start, end, quote }) => ({ ...targetOf(text), start, end, text: quote });
  const said = (/** @type {Said} */ { label, severity, comment, evidence }) =>
    given({ label, severity, comment, evidence: evidence?.map((each) => ("span" in each ? { span: place.get(each.span) } : range(each))) });
  return JSON.stringify({
    spans: spans.map((each) => ({ ...range(each), ...said(each) })),
    ...(missing.length ? { missing: missing.map((each) => ({ ...targetOf(each.text), ...said(each) })) } : {}),
    ...(clean.length ? { clean: clean.map((text) => targetOf(text).completion).sort((a, b) => a - b) } : {}),
  });
}

/** Without what is empty. @param {any} fields */
function given(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== "" && !(Array.isArray(value) && !value.length)));
}

/** By text, completions first, then from front to back, longer ones first. @param {Span[]} spans */
const sorted = (spans) => [...spans].sort((a, b) => byText(a.text, b.text) || a.start - b.start || b.end - a.end || (a.label < b.label ? -1 : 1));

/** @param {string} a @param {string} b */
function byText(a, b) {
  const [kindA, placeA] = a.split("-");
  const [kindB, placeB] = b.split("-");
  return kindA === kindB ? Number(placeA) - Number(placeB) : kindA < kindB ? -1 : 1;
}

// ----------------------------------------------------------------------------------------- changes

/** @param {Marked} marked */
const nextId = ({ spans, missing }) => Math.max(0, ...spans.map(({ id }) => id), ...missing.map(({ id }) => id)) + 1;

/**
 * Why a range cannot be taken: the very same mark is there, or one that may not be overlapped.
 *
 * @param {Marked} marked @param {{text: string, start: number, end: number, label: string, id?: number}} wanted @param {{overlap: boolean}} rules
 */
function refusal(marked, wanted, { overlap }) {
  const beside = marked.spans.filter(({ id, text }) => id !== wanted.id && text === wanted.text);
  if (beside.some(({ start, end, label }) => start === wanted.start && end === wanted.end && label === wanted.label)) {
    return "This is marked with the same category already.";
  }
  const other = overlap ? undefined : beside.find(({ start, end }) => start < wanted.end && wanted.start < end);
  return other ? `Marks may not overlap here, and “${brief(other.quote)}” is marked. Delete that mark, or move its edge.` : undefined;
}

/** @param {Marked} marked @param {Quoted & Said} span @param {{overlap: boolean}} rules @returns {Outcome} */
export function added(marked, span, rules) {
  const fault = refusal(marked, span, rules);
  if (fault) return { marked, fault };
  const id = nextId(marked);
  const clean = marked.clean.filter((text) => text !== span.text);
  return { marked: { ...marked, clean, spans: sorted([...marked.spans, { ...span, id }]) }, id };
}

/** @param {Marked} marked @param {{text: string} & Said} missing @returns {Outcome} */
export function addedMissing(marked, missing) {
  if (marked.missing.some(({ text, label, comment }) => text === missing.text && label === missing.label && !comment)) {
    return { marked, fault: "This is said to be missing already. Describe that one in a comment before you add another." };
  }
  const id = nextId(marked);
  const clean = marked.clean.filter((text) => text !== missing.text);
  return { marked: { ...marked, clean, missing: [...marked.missing, { ...missing, id }] }, id };
}

/** Other words about a part, or another range. @param {Marked} marked @param {number} id @param {Partial<Quoted & Said>} fields @param {{overlap: boolean}} rules @returns {Outcome} */
export function changed(marked, id, fields, rules) {
  const span = marked.spans.find((each) => each.id === id);
  if (!span) {
    const missing = marked.missing.map((each) => (each.id === id ? { .../** @type {Missing} */ (given({ ...each, ...fields })) } : each));
    return { marked: { ...marked, missing }, id };
  }
  const wanted = /** @type {Span} */ (given({ ...span, ...fields }));
  const isMoved = wanted.start !== span.start || wanted.end !== span.end || wanted.label !== span.label;
  const fault = isMoved ? refusal(marked, wanted, rules) : undefined;
  if (fault) return { marked, id, fault };
  return { marked: { ...marked, spans: sorted(marked.spans.map((each) => (each.id === id ? wanted : each))) }, id };
}

/** Without a part, also where it is evidence for another. @param {Marked} marked @param {number} id @returns {Marked} */
export function removed(marked, id) {
  const without = (/** @type {any} */ part) =>
    part.evidence ? given({ ...part, evidence: part.evidence.filter((/** @type {any} */ each) => each.span !== id) }) : part;
  return {
    ...marked,
    spans: marked.spans.filter((each) => each.id !== id).map(without),
    missing: marked.missing.filter((each) => each.id !== id).map(without),
  };
}

/** Says of a text that there is nothing to mark in it, or takes that back. @param {Marked} marked @param {string} text @returns {Outcome} */
export function cleaned(marked, text) {
  if (marked.clean.includes(text)) return { marked: { ...marked, clean: marked.clean.filter((each) => each !== text) } };
  const count = ofText(marked, text).length;
  if (count) return { marked, fault: `${count === 1 ? "Something is" : `${count} things are`} marked there. Delete ${count === 1 ? "it" : "them"} before you say that there is nothing.` };
  return { marked: { ...marked, clean: [...marked.clean, text] } };
}

// ----------------------------------------------------------------------------------------- questions

/** @param {Marked} marked @param {string} text @returns {(Span | Missing)[]} */
export const ofText = ({ spans, missing }, text) => [...spans, ...missing].filter((each) => each.text === text);

/** @param {Marked} marked @param {number | null} id @returns {Span | undefined} */
export const spanOf = ({ spans }, id) => spans.find((each) => each.id === id);

/** @param {Marked} marked @param {number | null} id @returns {Span | Missing | undefined} */
export const partOf = (marked, id) => spanOf(marked, id) ?? marked.missing.find((each) => each.id === id);

/** Spans at a place, the shortest first. @param {Marked} marked @param {string} text @param {number} at */
export function spansAt({ spans }, text, at) {
  const found = spans.filter((each) => each.text === text && each.start <= at && at < each.end);
  return found.sort((a, b) => a.end - a.start - (b.end - b.start));
}

/** The part before or after one, or beside a place of a text where none is current. @param {Marked} marked @param {{id: number | null, text?: string, at?: number}} from @param {1 | -1} by */
export function neighbour(marked, { id, text, at = 0 }, by) {
  const all = [...marked.spans, ...marked.missing];
  const place = all.findIndex((each) => each.id === id);
  if (place >= 0) return all[place + by];
  const beyond = (/** @type {Span | Missing} */ each) => {
    const order = text ? byText(each.text, text) || ("start" in each ? each.start - at : 1) : by;
    return by > 0 ? order >= 0 : order < 0;
  };
  return by > 0 ? all.find(beyond) : all.findLast(beyond);
}

/** What an answer comes to, for questions that are asked upon it: its labels and `any`, or `none`. @param {Marked} marked */
export function outcomes({ spans, missing }) {
  const labels = [...new Set([...spans, ...missing].map(({ label }) => label))];
  return labels.length ? ["any", ...labels] : ["none"];
}

/** Whether that is all: what is marked in a passage is said of the only completion. @param {Marked} marked @param {string[]} asked */
export const isAnswered = (marked, asked) => isComplete(marked, asked) || (asked.length === 1 && marked.spans.some(({ text }) => text.startsWith("context")));

/** Whether something is said of every text that is asked about. @param {Marked} marked @param {string[]} texts */
export const isComplete = (marked, texts) => texts.every((text) => marked.clean.includes(text) || ofText(marked, text).length > 0);

/**
 * On which line below the text each span is drawn: overlapping ones get lines of their own.
 *
 * @param {Span[]} spans in order @returns {Map<number, number>} line by id, 0 the nearest
 */
export function lines(spans) {
  /** @type {Map<number, number>} */
  const found = new Map();
  /** @type {{text: string, end: number}[]} */
  let ends = [];
  for (const { id, text, start, end } of spans) {
    const line = ends.findIndex((each) => each.text !== text || each.end <= start);
    const place = line < 0 ? ends.length : line;
    ends[place] = { text, end };
    found.set(id, place);
  }
  return found;
}

/** @param {string} text */
export function brief(text, most = 40) {
  const plain = text.replace(/\s+/g, " ").trim() || "␣";
  const points = [...plain.slice(0, 3 * most)];
  return points.length > most ? `${points.slice(0, most - 1).join("")}…` : plain;
}

// ------------------------------------------------------------------------------------------- history

/** What can be taken back, the newest last. */
export class History {
  /** @param {Marked} present */
  constructor(present) {
    this.present = present;
    /** @type {Marked[]} */
    this.past = [];
    /** @type {Marked[]} */
    this.future = [];
  }

  /** @param {Marked} next */
  go(next) {
    if (next === this.present) return;
    this.past = [...this.past.slice(-199), this.present];
    this.future = [];
    this.present = next;
  }

  /** @returns {boolean} whether there was anything */
  undo() {
    const before = this.past.pop();
    if (!before) return false;
    this.future.push(this.present);
    this.present = before;
    return true;
  }

  /** @returns {boolean} */
  redo() {
    const after = this.future.pop();
    if (!after) return false;
    this.past.push(this.present);
    this.present = after;
    return true;
  }
}
