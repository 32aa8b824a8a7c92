/** The first page: an answer that is still in this browser is told, with the way to where it is sent. */

import { local } from "./item.js";
import { Outbox } from "./outbox.js";
import { user } from "./session.js";

const place = document.getElementById("waiting");
const [entry, ...others] = new Outbox(local, user()).all();

if (entry && place) {
  const link = document.createElement("a");
  link.href = new URL(entry.url, location.href).pathname;
  link.textContent = "Open the workspace";
  const what = others.length ? `${others.length + 1} answers that you gave have` : "An answer that you gave has";
  place.append(`${what} not arrived yet, and ${others.length ? "are" : "is"} kept in this browser. `, link, ": it is sent from there.");
  place.hidden = false;
}
