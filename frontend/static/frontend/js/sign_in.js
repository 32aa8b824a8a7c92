/** Signing in again in place: what was under way goes on afterwards. */

import { isSignIn, refresh, user } from "./session.js";

/** @type {(() => void) | null} what was under way */
let goOn = null;

const dialog = () => /** @type {HTMLDialogElement} */ (document.getElementById("sign-in"));

const password = () => /** @type {HTMLInputElement | null} */ (dialog().querySelector("[type=password]"));

/** @param {string} text */
function fault(text) {
  const place = dialog().querySelector("[role=alert]");
  if (place) place.textContent = text;
}

/**
 * Goes on with `next` once the page's own user is signed in; asks for the password where nobody is.
 *
 * @param {() => void} next
 * @returns {Promise<void>} fails where the server does not answer
 */
export async function signedInFirst(next) {
  goOn = next;
  if (await done()) return;
  if (!dialog().open) dialog().showModal();
  password()?.focus();
}

/** @returns {Promise<boolean>} whether it went on */
async function done() {
  const now = await refresh();
  if (now && now !== user()) fault("Somebody else is signed in in this browser now. Sign out there, and sign in here again: your answer stays kept.");
  if (!now || now !== user()) return false;
  const next = goOn;
  goOn = null;
  const field = password();
  if (field) field.value = "";
  dialog().close();
  next?.();
  return true;
}

/** @param {HTMLFormElement} fields */
async function send(fields) {
  fault("");
  const body = new FormData(fields);
  const response = await fetch(fields.action, { method: "POST", body, headers: { "X-Requested-With": "XMLHttpRequest" } });
  if (response.status === 429) return fault("Too many attempts; wait a few minutes.");
  if (response.status === 403) {
    await refresh();
    return fault("The form had grown old; press Enter again.");
  }
  const answer = await response.json();
  if (answer.location) return void ((await done()) || elsewhere(answer.location));
  fault(errorsOf(answer.form).join(" ") || "That did not work; try again.");
  password()?.focus();
}

/** @param {{errors?: string[], fields?: Record<string, {errors: string[]}>} | undefined} form @returns {string[]} */
function errorsOf(form) {
  return [...(form?.errors ?? []), ...Object.values(form?.fields ?? {}).flatMap((field) => field.errors)];
}

/** A second factor is asked for on a page of its own. @param {string} url */
function elsewhere(url) {
  if (user() && dialog().querySelector("[role=alert]")?.textContent) return; // somebody else is signed in
  const link = /** @type {HTMLAnchorElement | null} */ (dialog().querySelector("a[target]"));
  if (link && !isSignIn(url)) link.href = url;
  fault("One more step is asked for: take it in a new tab. This page goes on by itself when you come back.");
  link?.focus();
}

document.addEventListener("submit", (event) => {
  const fields = /** @type {HTMLFormElement} */ (event.target);
  if (fields.closest("dialog") !== dialog() || fields.method === "dialog") return;
  event.preventDefault();
  send(fields).catch(() => fault("The server cannot be reached; try again."));
});
window.addEventListener("focus", () => {
  if (goOn && dialog().open) done().catch(() => undefined);
});
