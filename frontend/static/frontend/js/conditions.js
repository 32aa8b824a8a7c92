/**
 * What is asked only under a condition. A question with `data-if`, the name of an earlier one, is shown
 * while the answer to that one has an outcome (`data-outcome`, words between spaces) that is among its
 * `data-is`; an element with `data-with`, the id of a box, while that box is ticked.
 *
 * What is hidden keeps what was filled in. The server decides anew what was asked: without this script
 * everything is shown, and answers to what was not asked are left out.
 */

/** @param {ParentNode} form */
export function showAsked(form) {
  for (const each of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-if]"))) {
    const wanted = (each.dataset.is ?? "").split(" ");
    each.hidden = !outcomes(form, each.dataset.if ?? "").some((outcome) => wanted.includes(outcome));
  }
  for (const each of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-with]"))) {
    const box = /** @type {HTMLInputElement | null} */ (document.getElementById(each.dataset.with ?? ""));
    each.hidden = !box?.checked;
  }
}

/**
 * What the answer to a question comes to; nothing while the question itself is not asked.
 *
 * @param {ParentNode} form
 * @param {string} name
 * @returns {string[]}
 */
function outcomes(form, name) {
  const question = form.querySelector(`[data-question="${name}"]`);
  if (!question || question.hasAttribute("hidden")) return [];
  const given = [...question.querySelectorAll("[data-outcome]")].filter(isGiven);
  return given.flatMap((each) => (/** @type {HTMLElement} */ (each).dataset.outcome ?? "").split(" "));
}

/** @param {Element} field */
function isGiven(field) {
  if (field instanceof HTMLTextAreaElement) return field.value.trim() !== "";
  return field instanceof HTMLInputElement && (field.type === "hidden" ? field.value !== "" : field.checked);
}

for (const name of ["input", "change"]) {
  document.addEventListener(name, (event) => {
    const form = /** @type {HTMLElement} */ (event.target).closest?.("form");
    if (form) showAsked(form);
  });
}
