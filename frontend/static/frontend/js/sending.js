/**
 * Getting answers to the server: once, and however long it takes.
 *
 * A submission goes into the outbox before it is sent and leaves it when the server has it. Where the
 * server is away it is sent again by itself, ever more seldom; where somebody has been signed out, after
 * signing in; where it was changed meanwhile, when it is submitted again.
 */

import { catchUp, holdDraft, renew } from "./drafting.js";
import { answersOf, fieldsOf, fillIn, form, keyOf, local } from "./item.js";
import { countDown, say, trouble } from "./notes.js";
import { Outbox, delayAfter, outcomeOf } from "./outbox.js";
import { isSignIn, refresh, user } from "./session.js";
import { goOn, stop } from "./timing.js";

const outbox = new Outbox(local, user());
let tries = 0;
let sendAt = 0; // ms since 1970; 0 for no attempt planned
let underWay = "";
/** @type {HTMLElement | null} what was pressed when it failed: a form, a button or a link */
let failed = null;

const submitButton = () => /** @type {HTMLElement | null} */ (document.querySelector("#work button[data-do=submit]"));

/**
 * @typedef {{target: HTMLElement, xhr: XMLHttpRequest, requestConfig: {path: string, elt: HTMLElement}}} Sent
 * @param {Event} event of htmx
 * @returns {Sent | null} null for requests that are not about the item
 */
function about(event) {
  const { detail } = /** @type {CustomEvent} */ (event);
  return detail.target?.id === "work" ? detail : null;
}

// ------------------------------------------------------------------------------------------ sending

document.addEventListener("htmx:beforeRequest", (event) => {
  const sent = about(event);
  if (!sent) return;
  holdDraft();
  plan(0);
  say("sending…");
  underWay = keyOf();
  const fields = form();
  if (!fields || sent.requestConfig.elt !== fields) return;
  stop();
  outbox.put(underWay, fields.action, fieldsOf(new FormData(fields)));
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const sent = about(event);
  if (!sent) return;
  const { status, responseURL } = sent.xhr;
  if (isSignIn(responseURL)) event.preventDefault();
  else if (isFinal(status)) arrived(underWay); // before the next item is there, which looks for what is left
});

document.addEventListener("htmx:afterRequest", (event) => {
  const sent = about(event);
  if (!sent) return;
  const { status, responseURL } = sent.xhr;
  const outcome = outcomeOf(status, isSignIn(responseURL));
  if (outcome !== "signed out" && isFinal(status)) return arrived(underWay);
  underWay = "";
  failed = sent.requestConfig.elt;
  say("not sent");
  if (outcome === "signed out") askToSignIn();
  else if (outcome === "later") later(status);
  else if (status === 404) void notFound();
  else refused(`the server refused it (${status})`, "again", "next");
});

/** What the server says of it stands on the page that comes. @param {number} status */
const isFinal = (status) => status === 422 || ["taken", "not counted"].includes(outcomeOf(status));

/** @param {string} key */
function arrived(key) {
  outbox.drop(key);
  underWay = "";
  tries = 0;
  failed = null;
}

/** @param {string} why @param {...("again" | "next")} remedies */
function refused(why, ...remedies) {
  outbox.drop(keyOf());
  goOn();
  trouble(`Not sent: ${why}. What you have written is kept on this computer.`, ...remedies);
}

/** To somebody else, who has signed in meanwhile, the item does not exist either. */
async function notFound() {
  const now = await refresh().catch(() => user());
  if (now === user()) refused("this item is not yours to answer any more", "next");
  else askToSignIn();
}

/** @param {number} status */
function later(status) {
  const why = status ? `the server failed (${status})` : "the server cannot be reached";
  if (failed !== form()) return trouble(`Not done: ${why}. What you have written is kept; try again.`, "again");
  const kept = outbox.get(keyOf()) ? "Your answer is kept on this computer" : "Keep this page open: your answer is kept here";
  trouble(`Not sent: ${why}. ${kept}, and is sent by itself as soon as that works.`, "again");
  tries += 1;
  plan(Date.now() + delayAfter(tries));
}

function askToSignIn() {
  trouble("Not sent: you have been signed out. Your answer is kept on this computer.", "sign-in");
  signIn();
}

/** Asks for the password, then goes on with what failed. */
export function signIn() {
  import("./sign_in.js").then(({ signedInFirst }) => signedInFirst(signedIn)).catch(() => later(0));
}

function signedIn() {
  trouble("");
  if (failed && document.contains(failed)) again();
  else void deliver().then(catchUp);
}

/** Tries again what failed. */
export function again() {
  if (failed && failed !== form() && document.contains(failed)) failed.click();
  else submitButton()?.click();
}

/** It was changed after it was submitted: it waits for being submitted again. */
export function withdraw() {
  const fields = form();
  if (underWay || !fields || failed !== fields) return;
  const waiting = outbox.get(keyOf())?.fields.filter(([name]) => name.startsWith("answer-"));
  if (JSON.stringify(waiting) === JSON.stringify(answersOf(fields))) return; // a field was left, no more
  arrived(keyOf());
  goOn();
  plan(0);
  trouble("Changed, and not sent yet: submit it again.", "again");
}

// ----------------------------------------------------------------------- what is left from before

/** An item is on the page: where its answers were submitted before a reload they go at once. */
export function resume() {
  const fields = form();
  const entry = fields && outbox.get(keyOf());
  if (fields && entry) {
    const seconds = entry.fields.filter(([name]) => name.endsWith("_seconds"));
    fillIn(fields, entry.fields);
    stop(Object.fromEntries(seconds.map(([name, value]) => [name.slice(0, -"_seconds".length), value])));
    submitButton()?.click();
  }
  void deliver();
}

/** Sends what other pages of this browser could not. */
async function deliver() {
  for (const entry of outbox.all()) {
    if (entry.key === keyOf()) continue;
    const outcome = await send(entry);
    if (outcome === "later" || outcome === "signed out") return;
    outbox.drop(entry.key);
    if (outcome === "taken") say("an answer from before is sent");
    else trouble("An answer that you gave before could not be counted: its time had run out, or it was not complete. It is kept as a draft, and comes back should its item.");
  }
}

/** @param {import("./outbox.js").Entry} entry @returns {Promise<import("./outbox.js").Outcome>} */
async function send(entry) {
  const headers = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers") ?? "{}") };
  try {
    const body = new URLSearchParams(entry.fields);
    body.delete("csrfmiddlewaretoken");
    const response = await fetch(entry.url, { method: "POST", body, headers });
    return outcomeOf(response.status, isSignIn(response.url));
  } catch {
    return "later";
  }
}

// ------------------------------------------------------------------------------------- trying again

/** @param {number} moment ms since 1970; 0 for not at all */
function plan(moment) {
  sendAt = moment;
  tick();
}

function tick() {
  const left = sendAt - Date.now();
  countDown(sendAt ? Math.ceil(left / 1000) : 0);
  if (sendAt && left <= 0) submitButton()?.click();
}

/** The server may be there again. */
function now() {
  if (sendAt) plan(Date.now());
  else if (!underWay) catchUp();
}

setInterval(tick, 500);
window.addEventListener("online", now);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && now());
window.addEventListener("offline", () => say("offline: answers are kept here"));
window.addEventListener("storage", (event) => {
  if (event.newValue !== null || underWay || !event.key?.endsWith(`outbox-${keyOf()}`)) return;
  if (sendAt) trouble("Another tab has sent this answer, or changed it.", "again", "next");
  plan(0);
  void renew({ now: true }); // says so where the item was answered there
});
