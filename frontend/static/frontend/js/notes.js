/** What the workspace says about itself: a word in the bar, and trouble where the work is. */

import { announce } from "./page.js";

/** A word in the bar: "draft saved", "sending…". @param {string} text */
export function say(text) {
  const place = document.getElementById("saved");
  if (place && place.textContent !== text) place.textContent = text;
}

/**
 * Trouble stays until it is over; it is read out when it is new. What can be done about it has a button.
 *
 * @param {string} text
 * @param {...("again" | "sign-in" | "next")} remedies
 */
export function trouble(text, ...remedies) {
  const place = document.getElementById("trouble");
  if (!place) return void (text && announce(text));
  const words = place.querySelector("p");
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll("[data-do]"))) {
    button.hidden = !remedies.some((each) => each === button.dataset.do);
  }
  place.hidden = !text;
  if (words && words.textContent !== text) words.textContent = text;
}

/** When it is tried again; seen, not read out each second. @param {number} seconds 0 for not at all */
export function countDown(seconds) {
  const place = document.querySelector("#trouble [data-count]");
  if (place) place.textContent = seconds > 0 ? `Trying again in ${seconds} s.` : "";
}
