/** What is begun is kept: at once in this browser, after a moment on the server, and the lease with it. */

import { Drafts } from "./drafts.js";
import { answersOf, fillIn, form, keyOf, local, work } from "./item.js";
import { say, trouble } from "./notes.js";
import { signedOut } from "./session.js";

/** @typedef {"kept" | "gone" | "away" | "signed out"} Kept */

const DRAFT_AFTER = 1500; // ms without a change
const drafts = new Drafts(local);
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let unsent = false; // the server does not have the newest
let renewedAt = Date.now();
let actedAt = Date.now();

/** Fills in what this browser knows better than the page. @param {HTMLFormElement} fields */
export function restore(fields) {
  unsent = false;
  renewedAt = actedAt = Date.now();
  if (fields.querySelector("[data-fault]")) return; // the page holds what was just sent
  const draft = drafts.load(keyOf(), Number(work()?.dataset.draftedAt));
  if (!draft) return;
  fillIn(fields, Array.isArray(draft.fields) ? draft.fields : Object.entries(draft.fields));
  unsent = true;
  say("draft restored");
}

/** Nothing of this item is kept any more. @param {string} key */
export function forget(key) {
  drafts.drop(key);
}

/** Stops a draft on its way: what is sent next holds it. */
export function holdDraft() {
  clearTimeout(timer);
  timer = undefined;
}

export function changed() {
  const fields = form();
  if (!fields || !keyOf()) return;
  const draft = drafts.save(keyOf(), answersOf(fields));
  unsent = true;
  clearTimeout(timer);
  timer = setTimeout(() => void sendDraft(fields, draft.at), DRAFT_AFTER);
  say("");
}

/** @param {HTMLFormElement} fields @param {number} at */
function draftBody(fields, at) {
  const body = new FormData(fields);
  body.set("at", String(at));
  return body;
}

/** @param {HTMLFormElement} fields @param {number} at ms since 1970 */
async function sendDraft(fields, at) {
  timer = undefined;
  const answer = await post(fields.dataset.draftUrl, draftBody(fields, at));
  if (fields !== form() || timer !== undefined) return;
  if (answer === "kept") unsent = false;
  if (answer === "kept") say("draft saved");
  else if (answer === "away") say("draft kept in this browser");
}

/** What the server has not got yet, when it may be there again. */
export function catchUp() {
  const fields = form();
  if (fields && unsent && timer === undefined) void sendDraft(fields, Date.now());
}

/**
 * @param {string | undefined} url
 * @param {FormData} body
 * @returns {Promise<Kept>}
 */
async function post(url, body) {
  const fields = form();
  if (!url) return "away";
  try {
    const response = await fetch(url, { method: "POST", body });
    if (signedOut(response)) {
      if (fields === form()) trouble("You have been signed out. What you write is kept on this computer.", "sign-in");
      return "signed out";
    }
    if (response.ok) renewedAt = Date.now();
    if (response.status !== 409) return response.ok ? "kept" : "away";
    const { detail } = await response.json();
    if (fields === form()) trouble(`${detail} What you have written is kept as a draft.`, "next");
    return "gone";
  } catch {
    return "away";
  }
}

/** Somebody is at work: what is lent to somebody who left may go to others. */
export function act() {
  actedAt = Date.now();
}

/** Lengthens the lease while somebody works. @param {{now?: boolean}} options `now` asks at once whether the item is still one's own */
export async function renew({ now = false } = {}) {
  const fields = form();
  if (!fields?.dataset.renewUrl) return;
  const every = Math.min(300, Number(work()?.dataset.lease) / 3) * 1000;
  if (!now && (Date.now() - renewedAt < every || actedAt < renewedAt)) return;
  renewedAt = Date.now();
  const body = new FormData();
  for (const name of ["csrfmiddlewaretoken", "assignment"]) body.set(name, String(new FormData(fields).get(name)));
  await post(fields.dataset.renewUrl, body);
}

/** The page is left: a draft on its way goes now. */
export function leave() {
  const fields = form();
  if (!fields || timer === undefined) return;
  holdDraft();
  navigator.sendBeacon(fields.dataset.draftUrl ?? "", draftBody(fields, Date.now()));
}

drafts.tidy();
