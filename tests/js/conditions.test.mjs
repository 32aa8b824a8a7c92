import assert from "node:assert/strict";
import { test } from "node:test";

/** Elements as far as conditions look at them: no browser is needed to know what is asked. */
class Element {
  constructor(parts) {
    Object.assign(this, { dataset: {}, hidden: false, inside: [], ...parts });
  }
  hasAttribute(name) {
    return name === "hidden" && this.hidden;
  }
  querySelectorAll(selector) {
    assert.equal(selector, "[data-outcome]");
    return this.inside;
  }
}
class HTMLInputElement extends Element {}
class HTMLTextAreaElement extends Element {}
Object.assign(globalThis, { HTMLInputElement, HTMLTextAreaElement, document: { addEventListener() {}, getElementById: (id) => boxes[id] ?? null } });
const boxes = {};

const { showAsked } = await import("../../frontend/static/frontend/js/conditions.js");

const radio = (outcome, checked) => new HTMLInputElement({ dataset: { outcome }, checked });
const question = (name, inside, condition) => new Element({ dataset: { question: name, ...condition }, inside });

/** A form of questions, and of fields that go with a box. */
function form(questions, extras = []) {
  return {
    querySelectorAll: (selector) => (selector === "[data-if]" ? questions.filter((each) => each.dataset.if) : extras),
    querySelector: (selector) => questions.find((each) => selector === `[data-question="${each.dataset.question}"]`) ?? null,
  };
}

test("a question is shown while an answer before it comes to one of its outcomes", () => {
  const tie = radio("tie", false);
  const better = radio("not_tie", true);
  const why = question("why", [], { if: "overall", is: "not_tie both_bad" });
  const asked = form([question("overall", [tie, better]), why]);
  showAsked(asked);
  assert.equal(why.hidden, false);
  Object.assign(better, { checked: false });
  showAsked(asked);
  assert.equal(why.hidden, true);
  Object.assign(tie, { checked: true });
  showAsked(asked);
  assert.equal(why.hidden, true);
});

test("what hangs on a question that is not asked is not asked, whatever stands in it", () => {
  const facts = radio("facts", true);
  const why = question("why", [facts], { if: "overall", is: "not_tie" });
  const which = question("which", [], { if: "why", is: "facts" });
  const overall = radio("tie", true);
  showAsked(form([question("overall", [overall]), why, which]));
  assert.deepEqual([why.hidden, which.hidden, facts.checked], [true, true, true]);
});

test("a text counts once something is written in it, and one input may come to several outcomes", () => {
  const text = new HTMLTextAreaElement({ dataset: { outcome: "written long" }, value: "  " });
  const then = question("then", [], { if: "text", is: "long" });
  const asked = form([question("text", [text]), then]);
  showAsked(asked);
  assert.equal(then.hidden, true);
  text.value = "words";
  showAsked(asked);
  assert.equal(then.hidden, false);
});

test("a condition on a question that the page lacks hides what it guards", () => {
  const why = question("why", [], { if: "gone", is: "tie" });
  showAsked(form([why]));
  assert.equal(why.hidden, true);
});

test("own words go with their box", () => {
  const words = new Element({ dataset: { with: "other" } });
  boxes.other = { checked: true };
  showAsked(form([], [words]));
  assert.equal(words.hidden, false);
  boxes.other.checked = false;
  showAsked(form([], [words]));
  assert.equal(words.hidden, true);
});

test("a hidden field counts while something stands in it: its script says what that comes to", () => {
  const errors = new HTMLInputElement({ type: "hidden", value: "", dataset: { outcome: "any wrong" } });
  const why = question("why", [], { if: "errors", is: "any" });
  const asked = form([question("errors", [errors]), why]);
  showAsked(asked);
  assert.equal(why.hidden, true);
  Object.assign(errors, { value: "{}" });
  showAsked(asked);
  assert.equal(why.hidden, false);
  Object.assign(errors.dataset, { outcome: "none" });
  showAsked(asked);
  assert.equal(why.hidden, true);
});
