/** The form's editor: after a part was swapped, the question that was added or comes next has the focus. */

document.addEventListener("htmx:afterSettle", () => {
  const next = /** @type {HTMLElement | null} */ (document.querySelector("[data-focus]"));
  next?.removeAttribute("data-focus");
  next?.focus();
});
