/** Images large, over the page: by click or key; arrows go on, Esc goes back. */

let place = -1; // of the image that was shown last

const links = () => /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll("[data-picture]")]);
const viewer = () => /** @type {HTMLDialogElement | null} */ (document.getElementById("picture"));

/** @param {number} number */
function show(number) {
  const all = links();
  if (!all.length) return;
  place = (number + all.length) % all.length;
  const link = all[place];
  const small = link.querySelector("img");
  const dialog = viewer() ?? make();
  const image = /** @type {HTMLImageElement} */ (dialog.querySelector("img"));
  image.src = link.href;
  image.alt = small?.alt ?? "";
  const letter = link.closest(".completion")?.getAttribute("data-letter");
  /** @type {HTMLElement} */ (dialog.querySelector("p")).textContent = [letter ?? "Prompt", all.length > 1 ? `${place + 1} of ${all.length}` : "", image.alt].filter(Boolean).join(" · ");
  if (!dialog.open) dialog.showModal();
}

function make() {
  const dialog = document.createElement("dialog");
  dialog.id = "picture";
  dialog.className = "picture";
  dialog.setAttribute("aria-label", "Image");
  const words = document.createElement("p");
  words.dir = "auto";
  const close = document.createElement("button");
  close.className = "button plain";
  close.append("Close ", Object.assign(document.createElement("kbd"), { textContent: "Esc" }));
  close.addEventListener("click", () => dialog.close());
  const image = document.createElement("img");
  image.addEventListener("click", () => dialog.classList.toggle("full"));
  const frame = document.createElement("div");
  frame.tabIndex = 0;
  frame.append(image);
  const head = document.createElement("header");
  head.append(words, close);
  dialog.append(head, frame);
  dialog.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") return; // the browser's own
    event.stopPropagation(); // keys of the workspace wait
    if (by && !dialog.classList.contains("full")) show(place + by);
  });
  document.body.append(dialog);
  return dialog;
}

document.addEventListener("click", (event) => {
  const link = /** @type {HTMLElement} */ (event.target).closest?.("[data-picture]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  show(links().indexOf(/** @type {HTMLAnchorElement} */ (link)));
});

document.addEventListener("tandem:command", (event) => {
  if (/** @type {CustomEvent} */ (event).detail !== "picture" || !links().length) return;
  event.preventDefault();
  const focused = document.activeElement?.closest(".completion, .turn")?.querySelector("[data-picture]");
  const own = focused ? links().indexOf(/** @type {HTMLAnchorElement} */ (focused)) : -1;
  show(own >= 0 ? own : place + 1);
});

document.addEventListener("tandem:item", () => {
  place = -1;
  viewer()?.remove();
});
