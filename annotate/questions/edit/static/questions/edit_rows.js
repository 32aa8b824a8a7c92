/**
 * Edits as a list, and in their places.
 *
 * @typedef {import("./edits.js").Edit} Edit
 */

const AROUND = 24; // characters shown before and after an edit

/** @param {string} tag @param {string} text @param {string} [name] */
function made(tag, text, name) {
  const element = document.createElement(tag);
  element.textContent = text;
  if (name) element.className = name;
  return element;
}

/**
 * A row for each edit; rows that stay keep their elements, and the focus.
 *
 * @param {HTMLElement} section one completion's editor @param {Edit[]} edits @param {string} original
 */
export function drawRows(section, edits, original) {
  const list = /** @type {HTMLElement} */ (section.querySelector("[data-changes]"));
  const template = /** @type {HTMLTemplateElement} */ (section.parentElement?.querySelector("template[data-change]"));
  while (list.children.length > edits.length) list.lastElementChild?.remove();
  while (list.children.length < edits.length) list.append(document.importNode(template.content, true).firstElementChild ?? "");
  const points = [...original];
  edits.forEach((edit, number) => drawRow(/** @type {HTMLElement} */ (list.children[number].firstElementChild), edit, number, edits.length, points, section));
}

/** @param {HTMLElement} row @param {Edit} edit @param {number} number @param {number} of @param {string[]} points @param {HTMLElement} section */
function drawRow(row, edit, number, of, points, section) {
  row.dataset.number = String(number);
  row.setAttribute("aria-label", `Edit ${number + 1} of ${of}`);
  row.querySelector(".what")?.replaceChildren(...around(edit, points));
  const buttons = [...row.querySelectorAll("input")];
  for (const button of buttons) {
    button.name = `edits-${section.id || section.dataset.place}-${number}`;
    button.checked = button.value === edit.label;
  }
  const reason = row.querySelector("textarea");
  if (reason && reason !== document.activeElement) reason.value = edit.reason ?? "";
  row.toggleAttribute("data-answered", !buttons.length);
  const said = buttons.map((each) => `${each.dataset.key ?? ""} ${each.parentElement?.querySelector("span")?.textContent ?? ""}`.trim());
  row.dataset.hint = [`Edit ${number + 1} of ${of}`, ...said, ...(reason ? ["w why"] : []), "⌫ take back"].join(" · ");
}

/** An edit with what stands around it. @param {Edit} edit @param {string[]} points @returns {(Node | string)[]} */
function around({ start, end, replacement }, points) {
  const before = points.slice(Math.max(0, start - AROUND), start).join("");
  const after = points.slice(end, end + AROUND).join("");
  return [start > AROUND ? "…" : "", before, ...both(points.slice(start, end).join(""), replacement), after, end + AROUND < points.length ? "…" : ""];
}

/** @param {string} gone @param {string} come @returns {Node[]} */
const both = (gone, come) => [...(gone ? [made("del", gone)] : []), ...(come ? [made("ins", come)] : [])];

/**
 * The whole text with its edits in their places.
 *
 * @param {string} original @param {Edit[]} edits @returns {(Node | string)[]}
 */
export function marked(original, edits) {
  const points = [...original];
  /** @type {(Node | string)[]} */
  const found = [];
  let after = 0;
  for (const { start, end, replacement } of edits) {
    found.push(points.slice(after, start).join(""), ...both(points.slice(start, end).join(""), replacement));
    after = end;
  }
  return [...found, points.slice(after).join("")];
}
