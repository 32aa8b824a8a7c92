/** Display and keys: shown while they are chosen, in force as soon as they are saved. */

/** @typedef {{theme: string, classes: string, keys: Record<string, string>}} Stands */

const WORDS = Object.freeze({ Backspace: "⌫", Delete: "Del", Insert: "Ins", " ": "Space" });
const FIXED = /^(Tab|Escape|Shift|Control|Alt|Meta|AltGraph|CapsLock|Dead|Process|Unidentified|Arrow.*|Page.*)$/;

const form = () => /** @type {HTMLFormElement | null} */ (document.getElementById("comfort-form"));
const shown = (/** @type {string} */ key) => (Object.hasOwn(WORDS, key) ? WORDS[key] : key);

/** @param {string} theme */
function showTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.querySelector("meta[name=color-scheme]")?.setAttribute("content", theme || "light dark");
}

/** @param {string} classes such as "size-16 width-75" */
function showClasses(classes) {
  const others = [...document.body.classList].filter((each) => !/^(size|width)-/.test(each));
  document.body.className = [...others, ...classes.split(" ")].join(" ");
}

/** What is chosen shows before it is saved. */
function preview() {
  const fields = form();
  if (!fields) return;
  const chosen = new FormData(fields);
  showTheme(String(chosen.get("theme") ?? ""));
  showClasses(`size-${chosen.get("size")} width-${chosen.get("width")}`);
}

/** Keys on controls and in the list, from which the workspace reads them. @param {Record<string, string>} keys */
function showKeys(keys) {
  for (const [name, key] of Object.entries(keys)) {
    for (const each of document.querySelectorAll(`[data-key-of="${name}"]`)) each.textContent = shown(key);
    const listed = /** @type {HTMLElement | null} */ (document.querySelector(`#keys [data-command="${name}"]`));
    if (listed) listed.dataset.key = key;
  }
}

/** @param {boolean} all also what is chosen but not saved gives way */
function takeOver(all) {
  const text = form()?.querySelector("script[type='application/json']")?.textContent;
  if (!text) return;
  /** @type {Stands} */
  const stands = JSON.parse(text);
  showKeys(stands.keys);
  if (all) showTheme(stands.theme);
  if (all) showClasses(stands.classes);
}

/** In a field for a key, the key itself is what is typed. @param {KeyboardEvent} event */
function capture(event) {
  const field = event.target;
  if (!(field instanceof HTMLInputElement) || !field.dataset.keyFor) return;
  if (event.ctrlKey || event.metaKey || event.altKey || FIXED.test(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  field.value = shown(event.key.length === 1 ? event.key.toLowerCase() : event.key);
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

/** A key that has another meaning already is told at once. */
function compare() {
  const fields = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll("[data-key-for]")]);
  for (const field of fields) {
    const twin = field.value !== "" && fields.some((other) => other !== field && other.value === field.value);
    field.toggleAttribute("data-twin", twin);
    field.setAttribute("aria-invalid", String(twin || field.closest(".faulty") !== null));
  }
}

function ready() {
  const fields = form();
  if (!fields) return;
  fields.querySelector("[data-with-script]")?.removeAttribute("hidden");
  fields.querySelector("[data-without-script]")?.setAttribute("hidden", "");
  takeOver(!fields.querySelector("[role=alert]"));
}

document.addEventListener("keydown", capture, { capture: true });
document.addEventListener("change", (event) => {
  if (!form()?.contains(/** @type {Node} */ (event.target))) return;
  preview();
  compare();
});
document.addEventListener("htmx:afterSettle", (event) => {
  const part = /** @type {HTMLElement} */ (event.target);
  if (!part.closest("#comfort-form") && !part.querySelector?.("#comfort-form")) return;
  ready();
  const fields = form();
  const saved = document.activeElement === document.body && fields?.querySelector("[role=status]")?.textContent;
  const first = fields?.querySelector(".faulty input") ?? fields?.querySelector(saved ? "button.primary" : "[name=theme]:checked");
  /** @type {HTMLElement | null | undefined} */ (first)?.focus();
});
// Left unsaved, a drawer takes back what it showed.
document.getElementById("comfort")?.addEventListener("close", () => takeOver(true));
ready();
