/** A box that stands for "none of them" is ticked alone: it takes the others' ticks away, and they take its. */

document.addEventListener("change", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement) || box.type !== "checkbox" || !box.checked) return;
  const slot = box.closest(".choice [data-slot]");
  if (!slot?.querySelector("[data-sole]")) return;
  const sole = "sole" in box.dataset;
  const others = [...slot.querySelectorAll("input")].filter((each) => each !== box && each.checked && (sole || "sole" in each.dataset));
  for (const other of others) {
    other.checked = false;
    other.dispatchEvent(new Event("change", { bubbles: true }));
  }
});
