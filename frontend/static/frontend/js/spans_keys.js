/**
 * The keys of marking. In a text, where the cursor is, they are all its own but for those that nothing here uses; beside
 * it, while a question about spans is active, only those that choose, delete and take back.
 */

import { focusSlot } from "./slots.js";
import * as act from "./spans_actions.js";
import { say } from "./spans_drawing.js";
import { detailsOf } from "./spans_list.js";
import { active, cursor, isActive, textInHand, texts, toMark } from "./spans_state.js";

/** @typedef {import("./spans_question.js").SpansQuestion} SpansQuestion */
/** @typedef {import("./text_cursor.js").Unit} Unit */

/** The unit that an arrow key moves by, and with Ctrl or Alt. @type {Record<Unit, [Unit, Unit]>} */
const UNITS = { characters: ["characters", "words"], words: ["words", "sentences"], sentences: ["sentences", "sentences"] };

export class SpansKeys {
  constructor() {
    /** @type {{focus: HTMLElement | null, wasInText: boolean, text: string, at: number} | null} from where the fields of a part were entered */
    this.before = null;
    // Before the workspace's own keys, which leave alone what is used up.
    document.addEventListener("keydown", (event) => this.press(event), true);
    document.addEventListener("tandem:command", (event) => this.command(/** @type {CustomEvent} */ (event)));
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const question = active();
    if (!question || event.defaultPrevented || event.isComposing || document.querySelector("dialog:modal")) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const used = target.closest?.(".details") ? this.inDetails(event, question) : cursor.isOn ? this.inText(event, question) : this.beside(event, question);
    if (!used) return;
    event.preventDefault();
    event.stopPropagation();
  }

  // -------------------------------------------------------------------------------------- the fields

  /** @param {KeyboardEvent} event @param {SpansQuestion} question */
  inDetails(event, question) {
    const field = /** @type {HTMLElement} */ (event.target);
    const isDone = event.key === "Escape" || (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey && field.matches("textarea"));
    if (isDone) return this.leaveDetails(question);
    if (field.matches("textarea, select")) return false;
    return this.anywhere(event, question);
  }

  /** Back to where the focus came from. @param {SpansQuestion} question */
  leaveDetails(question) {
    const { span } = question;
    const before = this.before;
    this.before = null;
    if (before?.wasInText) cursor.enter(span?.text ?? before.text, span?.end ?? before.at);
    else if (before?.focus?.isConnected && before.focus.matches(".completion, .turn")) before.focus.focus({ preventScroll: true });
    else /** @type {HTMLElement | null} */ (question.slot.querySelector("[data-current] .jump") ?? question.slot)?.focus();
    return true;
  }

  /** The focus goes to the comment on the current part, or to how severe it is. @param {SpansQuestion} question */
  details(question) {
    const fields = detailsOf(question);
    const goal = fields?.querySelector("[data-field=comment]") ?? fields?.querySelector("[data-severity], select");
    if (!goal) return false;
    const { isOn, text, at } = cursor;
    this.before = { focus: /** @type {HTMLElement | null} */ (document.activeElement), wasInText: isOn, text, at };
    /** @type {HTMLElement} */ (goal).focus();
    return true;
  }

  // ---------------------------------------------------------------------------------- beside the text

  /** @param {KeyboardEvent} event @param {SpansQuestion} question */
  beside(event, question) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.matches?.("textarea, select, input:not([type=radio], [type=checkbox]), [contenteditable]")) return false;
    const isHere = isActive() || toMark() !== null;
    return isHere && this.anywhere(event, question);
  }

  /** Keys that mean the same in the text and beside it. @param {KeyboardEvent} event @param {SpansQuestion} question @returns {boolean} */
  anywhere(event, question) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && (key === "z" || key === "y")) return done(act.back(key === "y" || event.shiftKey ? "redo" : "undo"));
    if (key === "[" || key === "]") return act.go(key === "]" ? 1 : -1) || cursor.isOn;
    if (!isPlain || event.repeat) return false;
    if (event.shiftKey && event.code.startsWith("Digit")) return this.severity(Number(event.code.slice(5)), question);
    if (key === "z") return done(act.back(event.shiftKey ? "redo" : "undo"));
    if (key === "Delete" || key === "Backspace") return (question.current !== null || cursor.isOn) && done(act.remove());
    if (key === "Escape") return act.drop();
    if (event.shiftKey) return false;
    // Elsewhere than in the workspace nobody tells of commands.
    if (key === "e" && !document.getElementById("work")) return done(this.enter(question));
    if (key === "x" && question.evidence && question.part) return done(act.citeSelection());
    const label = [...question.labels.values()].find((each) => each.key === key);
    if (label && (/\d/.test(key) || cursor.isOn || toMark() || question.part || isActive())) return done(act.give(label));
    return key === question.cleanKey && done(act.clean());
  }

  /** @param {number} number from 1 @param {SpansQuestion} question */
  severity(number, question) {
    const severity = question.severities[number - 1];
    if (!severity || !question.part) return false;
    act.rate(severity.value);
    return true;
  }

  // -------------------------------------------------------------------------------------- in the text

  /** @param {KeyboardEvent} event @param {SpansQuestion} question @returns {boolean} */
  inText(event, question) {
    const { key, shiftKey: shift } = event;
    if (key === "Escape") return this.leaveText(question);
    if (key.startsWith("Arrow")) return this.arrow(event, question);
    if (key === "Home" || key === "End") return this.toEnd(event, question);
    if (key === "Tab") return !event.ctrlKey && !event.altKey && this.tab(shift ? -1 : 1);
    if (key === "Enter" && !event.ctrlKey && !event.metaKey) {
      if (!(question.part && this.details(question))) say("Esc leaves the text, and Enter submits then.");
      return true;
    }
    if (key === "o" && !event.ctrlKey && !event.metaKey && !event.altKey) return this.otherEdge(question);
    return this.anywhere(event, question);
  }

  /** @param {KeyboardEvent} event @param {SpansQuestion} question */
  arrow({ key, shiftKey: shift, ctrlKey, altKey, metaKey }, question) {
    const isFar = ctrlKey || altKey || metaKey;
    const isUpright = key === "ArrowUp" || key === "ArrowDown";
    const by = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
    const unit = isUpright ? "sentences" : UNITS[question.snap][Number(isFar)];
    if (shift && question.span && !cursor.range && (!isUpright || isFar)) {
      act.moveEdge(isUpright || !cursor.isRightToLeft ? by : -by, unit);
      return true;
    }
    this.free(question);
    if (isUpright && !isFar) cursor.line(by > 0 ? "forward" : "backward", "line", shift);
    else if (isUpright) cursor.step(by, { shift, unit });
    else cursor.aside(by, { shift, unit });
    return true;
  }

  /** @param {KeyboardEvent} event @param {SpansQuestion} question */
  toEnd({ key, shiftKey: shift, ctrlKey, metaKey }, question) {
    this.free(question);
    if (ctrlKey || metaKey) cursor.go(key === "Home" ? 0 : cursor.length, shift);
    else cursor.line(key === "Home" ? "backward" : "forward", "lineboundary", shift);
    return true;
  }

  /** The cursor goes its own way: no part is the current one any more. @param {SpansQuestion} question */
  free(question) {
    if (question.current !== null) act.choose(question, null);
  }

  /** From mark to mark, and out of the text after the last one. @param {1 | -1} by */
  tab(by) {
    if (act.go(by)) return true;
    cursor.leave();
    return false;
  }

  /** @param {SpansQuestion} question */
  otherEdge(question) {
    const { span } = question;
    if (cursor.range || !span) cursor.swap();
    else {
      question.edge = question.edge === "end" ? "start" : "end";
      cursor.enter(span.text, span[question.edge]);
      say(`Shift and the arrow keys move the ${question.edge}.`);
    }
    return true;
  }

  /** @param {SpansQuestion} question */
  leaveText(question) {
    cursor.leave();
    focusSlot(question.slot);
    return true;
  }

  /** @param {CustomEvent} event */
  command(event) {
    const question = active();
    if (!question || event.detail !== "text") return;
    event.preventDefault();
    this.enter(question);
  }

  /** Into the texts, then from one to the next. @param {SpansQuestion} question */
  enter(question) {
    const all = texts();
    const target = toMark();
    if (cursor.isOn) cursor.enter(all[(all.indexOf(cursor.text) + 1) % all.length]);
    else if (target) cursor.enter(target.text, target.end, target.start);
    else if (question.span) cursor.enter(question.span.text, question.span.end);
    else cursor.enter(textInHand());
    say(`In ${cursor.name}. ${question.slot.dataset.keys}`);
  }
}

/** @param {unknown} _ @returns {true} the key is used, whatever came of it */
const done = (_) => true;
