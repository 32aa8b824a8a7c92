/** What marking shows: marks over the texts, the list beside them, and words about what was done. */

import { announce } from "./page.js";
import { draw } from "./spans_list.js";
import { lines } from "./spans_model.js";
import { active, cursor, here } from "./spans_state.js";
import { mapOf } from "./text_map.js";
import { Painter } from "./text_paint.js";
import { layerOf, viewOf } from "./text_views.js";

const FURTHEST_LINE = 2;
export const painter = new Painter("mark");
cursor.changed = () => hint();

export function drawAll() {
  for (const question of here.questions) draw(question);
  paint();
}

/** Marks of all questions; those of the active one have a wash, the others their lines alone. */
export function paint() {
  const all = here.questions.flatMap((question, number) => question.marked.spans.map((span) => ({ ...span, id: span.id * here.questions.length + number, number, own: span.id })));
  all.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.start - b.start || b.end - a.end));
  const line = lines(all);
  const views = new Map([...new Set(all.map(({ text }) => text))].map((text) => [text, viewOf(text)]));
  /** @type {Map<string, import("./text_paint.js").Mark>} */
  const wanted = new Map();
  for (const { id, text, start, end, label, number, own } of all) {
    const view = views.get(text);
    const question = here.questions[number];
    const place = question.labels.get(label)?.number;
    if (!view || place === undefined) continue;
    const look = question === active() && question.current === own ? "now" : String(Math.min(line.get(id) ?? 0, FURTHEST_LINE));
    wanted.set(String(id), { look: `${number}-${place}-${look}`, view, start, end });
  }
  painter.show(wanted);
}

export function setLooks() {
  /** @type {Map<string, import("./text_paint.js").Look>} */
  const looks = new Map();
  const front = active();
  here.questions.forEach((question, number) => {
    const labels = [...question.labels.values()];
    for (const { number: place, colour, line } of labels) {
      const wash = question === front ? colour : "";
      // Of several labels that fit, the first stands in front.
      const priority = labels.length - place;
      for (let below = 0; below <= FURTHEST_LINE; below++) looks.set(`${number}-${place}-${below}`, { wash, line: colour, style: line, below, priority });
      looks.set(`${number}-${place}-now`, { wash: colour, line: colour, style: line, below: 0, priority: 1000, strong: true });
    }
  });
  painter.setLooks(looks);
}

/** Words about what was done, for eyes and ears alike. @param {string} words @param {boolean} isFault */
export function say(words, isFault = false) {
  const place = active()?.slot.querySelector("[data-says]");
  if (!place) return announce(words);
  place.textContent = words;
  place.classList.toggle("fault", isFault);
}

/** The line of hints says what keys do where one is, or what a category means. @param {string} [words] */
export function hint(words) {
  const place = document.getElementById("hint");
  const { slot } = active() ?? {};
  if (place && slot) place.textContent = words || ((cursor.isOn ? slot.dataset.keys : slot.dataset.hint) ?? "");
}

/** @param {string} fault @param {() => string} words */
export function tell(fault, words) {
  drawAll();
  say(fault || words(), Boolean(fault));
  if (cursor.isOn) cursor.draw(); // the band may have grown over it
  return !fault;
}

/** @param {import("./spans_model.js").Span} span */
export function scrollTo({ text, start, end }) {
  const view = viewOf(text);
  const [first] = view ? mapOf(view).rangesOf(start, end) : [];
  if (!view || !first) return say("The rendered text does not show this; r shows the raw text.", true);
  const box = mapOf(view).rectsOf(start, end)[0];
  if (!box) return;
  const goal = document.createElement("i"); // only elements can be scrolled to
  goal.className = "text-goal";
  const layer = layerOf(view);
  const origin = layer.getBoundingClientRect();
  goal.style.translate = `${box.left - origin.left}px ${box.top - origin.top}px`;
  layer.append(goal);
  goal.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  goal.remove();
}

/** What is marked or selected has its categories at hand, on narrow screens too. */
export function showPicking() {
  for (const question of here.questions) {
    const isInList = question.slot.querySelector(".marks")?.contains(document.activeElement);
    question.slot.toggleAttribute("data-picking", question === active() && !isInList && (Boolean(here.picked) || question.current !== null || Boolean(question.armed)));
  }
}

/** The same marks on another view, or on formulas that are set. */
export function repaint() {
  if (!here.questions.length) return;
  painter.anew();
  paint();
  if (cursor.isOn) cursor.draw();
}
