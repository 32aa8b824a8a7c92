/** Drawers beside the item: guidelines, keys, display. One is open at a time. */

/** @returns {boolean} whether one was open */
export function closeDrawers() {
  const open = /** @type {HTMLDialogElement[]} */ ([...document.querySelectorAll("dialog.drawer[open]")]);
  for (const each of open) each.close();
  return open.length > 0;
}

/** @param {string} id @returns {boolean} whether there is such a drawer */
export function toggleDrawer(id) {
  const asked = document.getElementById(id);
  if (!(asked instanceof HTMLDialogElement)) return false;
  const wasOpen = asked.open;
  closeDrawers();
  if (wasOpen) return true;
  asked.show();
  asked.dispatchEvent(new CustomEvent("tandem:open"));
  return true;
}
