/**
 * Arrow keys step through the worked examples.
 */

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.matches("input, textarea, select, [tabindex='0']")) return;
  const control = /** @type {HTMLElement | null} */ (document.querySelector(`main [data-key="${CSS.escape(event.key)}"]`));
  if (!control) return;
  event.preventDefault();
  control.click();
});
