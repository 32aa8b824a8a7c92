/**
 * Marks painted over texts by the CSS Custom Highlight API, one highlight for each look; the texts' elements are not
 * touched, so that offsets stay true. Where the API is missing, boxes (`<mark>`) are laid over the text.
 *
 * @typedef {{look: string, view: HTMLElement, start: number, end: number}} Mark `look`: what it is drawn like, one of those of `setLooks`
 * @typedef {{wash: string, line: string, style: string, below: number, priority?: number, strong?: boolean}} Look colours of the palette; `below`: on which line below the text
 */

import { mapOf } from "./text_map.js";
import { layerOf } from "./text_views.js";

export const isAble = typeof Highlight === "function" && "highlights" in CSS;
const MOST_LINES = 3;

/** The looks of one painter's marks: rules that only scripts add, as their names come from data. */
export class Painter {
  /** @param {string} name unlike those of other painters */
  constructor(name) {
    this.name = name;
    /** @type {Map<string, {mark: Mark, ranges: StaticRange[]}>} what is painted, by key */
    this.painted = new Map();
    /** @type {Map<string, Look>} */
    this.looks = new Map();
    this.sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.sheet];
  }

  /** @param {Map<string, Look>} looks */
  setLooks(looks) {
    this.looks = looks;
    this.sheet.replaceSync([...looks].map(([look, each]) => `::highlight(${this.name}-${look}) {${rules(each)}}`).join("\n"));
    if (!isAble) this.over();
  }

  /** Paints these marks and no others; what stays as it is costs nothing. @param {Map<string, Mark>} wanted by key */
  show(wanted) {
    for (const [key, { mark }] of this.painted) {
      const next = wanted.get(key);
      if (!next || next.look !== mark.look || next.view !== mark.view || next.start !== mark.start || next.end !== mark.end) this.wipe(key);
    }
    for (const [key, mark] of wanted) {
      if (!this.painted.has(key)) this.paint(key, mark);
    }
    if (!isAble) this.over();
  }

  /** @param {string} key @param {Mark} mark */
  paint(key, mark) {
    const ranges = mapOf(mark.view).rangesOf(mark.start, mark.end);
    this.painted.set(key, { mark, ranges });
    if (isAble) for (const each of ranges) this.highlight(mark.look).add(each);
  }

  /** @param {string} key */
  wipe(key) {
    const { mark, ranges } = /** @type {{mark: Mark, ranges: StaticRange[]}} */ (this.painted.get(key));
    if (isAble) for (const each of ranges) this.highlight(mark.look).delete(each);
    this.painted.delete(key);
  }

  /** @param {string} look */
  highlight(look) {
    const name = `${this.name}-${look}`;
    let found = CSS.highlights.get(name);
    if (!found) {
      found = new Highlight();
      found.priority = this.looks.get(look)?.priority ?? 0;
      CSS.highlights.set(name, found);
    }
    return found;
  }

  /** Forgets where marks were: the texts on the page are others, or stand otherwise. */
  anew() {
    for (const key of [...this.painted.keys()]) this.wipe(key);
  }

  /** Boxes over the text, drawn anew. */
  over() {
    for (const old of document.querySelectorAll(`.over-text > mark[data-painter="${this.name}"]`)) old.remove();
    for (const { mark } of this.painted.values()) {
      const layer = layerOf(mark.view);
      const origin = layer.getBoundingClientRect();
      const look = this.looks.get(mark.look);
      if (!look) continue;
      for (const box of mapOf(mark.view).rectsOf(mark.start, mark.end)) layer.append(overlay(this.name, look, box, origin));
    }
  }
}

/** @param {string} painter @param {Look} look @param {DOMRect} box @param {DOMRect} origin */
function overlay(painter, look, box, origin) {
  const mark = document.createElement("mark");
  mark.dataset.painter = painter;
  const { style } = mark;
  style.left = `${box.left - origin.left}px`;
  style.top = `${box.top - origin.top}px`;
  style.width = `${box.width}px`;
  style.height = `${box.height + below(look)}px`;
  style.borderBottom = `2px ${look.style === "wavy" ? "solid" : look.style} var(--mark-${look.line})`;
  if (look.wash) style.backgroundColor = `color-mix(in srgb, var(--mark-${look.line}) ${look.strong ? 40 : 18}%, transparent)`;
  return mark;
}

/** @param {Look} look pixels between the text and its line */
const below = (look) => 4 * Math.min(look.below, MOST_LINES - 1);

/** @param {Look} look */
function rules(look) {
  const line = token(`--mark-${look.line}`);
  const colours = look.strong
    ? `background-color: ${line}; color: ${token("--paper")};`
    : look.wash
      ? `background-color: ${token(`--wash-${look.wash}`)}; color: ${token("--ink")};`
      : "";
  const under = look.strong ? token("--ink") : line;
  return `${colours} text-decoration: underline ${look.style} 2px ${under}; text-underline-offset: ${3 + below(look)}px; text-decoration-skip-ink: none;`;
}

/** A token's own words, such as light-dark(…): in a highlight var() is not known everywhere. @param {string} name */
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Boxes stand where the text was: they are laid anew when it moves. @param {() => void} draw */
export function whenTextMoves(draw) {
  if (isAble) return;
  addEventListener("resize", draw);
  document.fonts?.addEventListener("loadingdone", draw);
}
