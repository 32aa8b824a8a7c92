/**
 * What is fast about labelling steps: the step that keys go to stays in sight, one key labels everything up to the
 * first error, what comes after it is passed over, and a comment opens by key. Labels stand in radio buttons, which
 * work without any of this.
 */

/** @param {Element | null | undefined} within @returns {HTMLElement[]} the steps beside one, in order */
const stepsBeside = (within) => [...(within?.closest("[data-steps]")?.querySelectorAll(".step") ?? [])].map((each) => /** @type {HTMLElement} */ (each));

/** @param {HTMLElement} step @param {string} value */
const buttonOf = (step, value) => /** @type {HTMLInputElement | null} */ (step.querySelector(`input[type="radio"][value="${CSS.escape(value)}"]`));

/** @param {HTMLElement} step */
const labelOf = (step) => /** @type {HTMLInputElement | null} */ (step.querySelector("input[type=radio]:checked"));

/** @param {HTMLElement} step @returns {HTMLTextAreaElement | null} */
const commentOf = (step) => step.querySelector("textarea[data-comment]");

const active = () => /** @type {HTMLElement | null} */ (document.querySelector("form [data-step][data-active]"));

/** Shows each step in its label's colour, and passes over those after the first error. @param {Element} list */
function show(list) {
  const { bad, stops } = /** @type {HTMLElement} */ (list).dataset;
  let beyond = false;
  for (const step of stepsBeside(list.firstElementChild)) {
    const chosen = labelOf(step);
    const colour = /** @type {HTMLElement | null | undefined} */ (chosen?.closest("[data-colour]"))?.dataset.colour;
    if (colour) step.dataset.colour = colour;
    else delete step.dataset.colour;
    step.toggleAttribute("data-beyond", beyond);
    step.querySelector("[data-step]")?.toggleAttribute("data-slot", !beyond);
    const isError = Boolean(bad) && chosen?.value === bad;
    commentOf(step)?.toggleAttribute("data-owed", isError && commentOf(step)?.dataset.comment === "required");
    beyond ||= stops !== undefined && isError;
  }
}

/** Labels a step as the first error and every step before it as good. @param {HTMLElement} step */
function firstError(step) {
  const { good = "", bad = "" } = /** @type {HTMLElement} */ (step.closest("[data-steps]")).dataset;
  const steps = stepsBeside(step);
  for (const each of steps.slice(0, steps.indexOf(step))) {
    const chosen = labelOf(each);
    if (!chosen || chosen.value === bad) press(buttonOf(each, good));
  }
  press(buttonOf(step, bad));
}

/** @param {HTMLInputElement | null} button */
function press(button) {
  if (!button) return;
  button.checked = true;
  button.dispatchEvent(new Event("change", { bubbles: true }));
}

/** @param {HTMLElement} step */
function say(step) {
  const comment = commentOf(step);
  if (!comment) return;
  comment.style.display = "block"; // a hidden field takes no focus
  comment.focus();
  comment.style.display = "";
  comment.setSelectionRange(comment.value.length, comment.value.length);
}

/** Gives the focus back to the step as a whole. @param {HTMLElement} step */
function focusStep(step) {
  const slot = /** @type {HTMLElement | null} */ (step.querySelector("[data-step]"));
  if (!slot) return;
  slot.tabIndex = -1;
  slot.focus({ preventScroll: true });
}

// -------------------------------------------------------------------------------------------- wiring

document.addEventListener("tandem:command", (event) => {
  const name = /** @type {CustomEvent} */ (event).detail;
  const step = /** @type {HTMLElement | null | undefined} */ (active()?.closest(".step"));
  if (!step || (name !== "first-error" && name !== "write")) return;
  if (name === "write" && !commentOf(step)) return;
  event.preventDefault();
  if (name === "write") say(step);
  else firstError(step);
});

document.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest?.("[data-first-error], [data-say]");
  const step = /** @type {HTMLElement | null | undefined} */ (button?.closest(".step"));
  if (!button || !step) return;
  focusStep(step);
  if (button.hasAttribute("data-say")) say(step);
  else firstError(step);
});

document.addEventListener("change", (event) => {
  const list = /** @type {HTMLElement} */ (event.target).closest?.("[data-steps]");
  if (list) show(list);
});

// Esc leads from a comment back to its step, before anything else is made of it.
document.addEventListener(
  "keydown",
  (event) => {
    const comment = /** @type {HTMLElement} */ (event.target);
    const step = /** @type {HTMLElement | null} */ (comment.closest?.(".step"));
    if (event.key !== "Escape" || event.isComposing || !step || !comment.matches("[data-comment]")) return;
    event.preventDefault();
    focusStep(step);
  },
  { capture: true },
);

document.addEventListener("focusin", (event) => {
  const step = /** @type {HTMLElement} */ (event.target).closest?.(".step");
  if (step && !(/** @type {HTMLElement} */ (event.target).matches("textarea"))) step.scrollIntoView({ block: "nearest" });
});

// A server takes so many fields and no more: of hundreds of steps, comments that say nothing are not sent.
document.addEventListener("formdata", (event) => {
  const { formData } = /** @type {FormDataEvent} */ (event);
  for (const comment of /** @type {NodeListOf<HTMLTextAreaElement>} */ (document.querySelectorAll("textarea[data-comment]"))) {
    if (!comment.value) formData.delete(comment.name);
  }
});

function arrive() {
  for (const list of document.querySelectorAll("[data-steps]")) show(list);
}

/** Work begins at a step that is not owed where the page was begun before this script: on to what is. */
function beginAgain() {
  const passed = document.querySelector("form [data-step][data-active]:not([data-slot])");
  if (!passed) return;
  passed.removeAttribute("data-active");
  const slots = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("form [data-slot]"))];
  const open = slots.find((slot) => slot.matches("[role=radiogroup]") && !slot.querySelector(":checked")) ?? slots[0];
  open.tabIndex = -1;
  open.focus({ preventScroll: true });
}

document.addEventListener("tandem:item", arrive);
document.addEventListener("htmx:afterSettle", arrive);
arrive();
beginAgain();
