/**
 * The list of items: ticking all of a page, how many are ticked, and short addresses for filters.
 *
 * Without it boxes are ticked one by one, and empty conditions stand in the address.
 */

/** @param {Element} form */
function boxes(form) {
  return /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("tbody input[name=item]"));
}

/** Show how many items of a list are ticked. @param {Element} form */
function count(form) {
  const all = [...boxes(form)];
  const ticked = all.filter((box) => box.checked).length;
  const button = form.querySelector("[data-ticked]");
  const whole = /** @type {HTMLInputElement | null} */ (form.querySelector("[data-all]"));
  if (button instanceof HTMLButtonElement) {
    button.textContent = ticked ? `Change ${ticked} ticked item${ticked > 1 ? "s" : ""}` : "Change ticked items";
    button.disabled = !ticked;
  }
  if (whole) {
    whole.hidden = false;
    whole.checked = ticked > 0 && ticked === all.length;
    whole.indeterminate = ticked > 0 && ticked < all.length;
  }
}

const countAll = () => document.querySelectorAll("form[data-ticks]").forEach(count);

document.addEventListener("change", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement)) return;
  const form = box.closest("form[data-ticks]");
  if (!form) return;
  if (box.matches("[data-all]")) for (const one of boxes(form)) one.checked = box.checked;
  count(form);
});

document.addEventListener("htmx:afterSettle", countAll);
addEventListener("pageshow", countAll); // also when the browser has kept the page with its ticks

/** What the list was asked for last; leaving the search field after typing must not ask again. */
let asked = location.search;

document.addEventListener("htmx:configRequest", (event) => {
  const { elt, parameters, triggeringEvent } = /** @type {CustomEvent} */ (event).detail;
  if (!elt.closest("[data-filter]")) return;
  for (const [name, value] of [...parameters.entries()]) if (value === "") parameters.delete(name);
  const wanted = `?${new URLSearchParams([...parameters.entries()])}`;
  if (wanted === asked && triggeringEvent?.type !== "submit") event.preventDefault();
  asked = wanted;
});
