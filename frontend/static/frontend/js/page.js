/**
 * What every page needs: news for screen readers, and a word when the server cannot be reached.
 *
 * A swapped part announces itself with `data-announce="…"`. What scrolls within the page can be
 * reached and scrolled with the keys.
 */

const live = () => document.getElementById("live");
const messages = () => document.getElementById("messages");

/** @param {string} text */
export function announce(text) {
  const region = live();
  if (region) region.textContent = text;
}

/** @param {string} text */
function fault(text) {
  const place = messages();
  if (!place || document.body.classList.contains("working")) return; // the workspace speaks for itself
  const note = document.createElement("p");
  note.className = "note fault";
  note.textContent = text;
  place.replaceChildren(note);
}

document.addEventListener("htmx:afterSettle", (event) => {
  const news = /** @type {HTMLElement} */ (event.target).closest?.("[data-announce]");
  if (news) announce(news.getAttribute("data-announce") ?? "");
});

/** A part of a page that turns out to be the sign-in page: go there, and come back here. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = /** @type {CustomEvent} */ (event).detail;
  if (target?.id === "work") return; // the workspace lets people sign in in place
  const login = document.body.dataset.login;
  if (!login || new URL(xhr.responseURL, location.href).pathname !== login || location.pathname === login) return;
  event.preventDefault();
  location.assign(`${login}?next=${encodeURIComponent(location.pathname + location.search)}`);
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => fault("The server cannot be reached. Nothing was changed; try again."));
}

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = /** @type {CustomEvent} */ (event).detail;
  if (xhr.status === 403) fault("You may not do this, or you have been signed out. Reload the page.");
  else if (xhr.status === 404) fault("This is no longer there. Reload the page.");
  else fault(`The server failed (${xhr.status}). Nothing was changed; try again.`);
});

/** What a page is there for (`autofocus`) answers to Enter also after a click beside it. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.repeat || event.target !== document.body) return;
  /** @type {HTMLElement | null} */ (document.querySelector("main :is(a, button)[autofocus]"))?.click();
});

/** A frame that cuts what is in it off takes the focus, so that arrow keys scroll it; others do not. */
function reachFrames() {
  for (const frame of document.querySelectorAll(".wide, .tall, .beside, .prose pre, .history pre")) {
    const cuts = frame.scrollWidth > frame.clientWidth || frame.scrollHeight > frame.clientHeight;
    if (cuts === frame.hasAttribute("tabindex")) continue;
    const named = frame.matches("div, pre") ? [["role", "group"], ["aria-label", "Scrolls"]] : [];
    for (const [name, value] of [["tabindex", "0"], ...named]) {
      if (cuts) frame.setAttribute(name, value);
      else frame.removeAttribute(name);
    }
  }
}

reachFrames();
addEventListener("resize", reachFrames);
document.addEventListener("htmx:afterSettle", reachFrames);
document.addEventListener("toggle", reachFrames, true); // <details>, whose event does not bubble
