/** Recordings and videos by key: play and pause, five seconds back and on. One plays at a time. */

const STEP = 5; // seconds
/** @type {HTMLMediaElement | null} */
let last = null;

/** The one with the focus, else the one used last, else the item's first. @returns {HTMLMediaElement | null} */
function present() {
  const all = /** @type {HTMLMediaElement[]} */ ([...document.querySelectorAll("[data-player]")]);
  const focused = document.activeElement;
  const inside = all.find((each) => each === focused || focused?.closest(".completion, .turn")?.contains(each));
  return inside ?? (last?.isConnected ? last : (all[0] ?? null));
}

/** @type {Record<string, (player: HTMLMediaElement) => void>} */
const ACTS = {
  play: (player) => (player.paused ? void player.play().catch(() => {}) : player.pause()),
  rewind: (player) => void (player.currentTime = Math.max(0, player.currentTime - STEP)),
  forward: (player) => void (player.currentTime = Math.min(player.duration || 0, player.currentTime + STEP)),
};

document.addEventListener("tandem:command", (event) => {
  const act = ACTS[/** @type {CustomEvent} */ (event).detail];
  const player = act && present();
  if (!player) return;
  event.preventDefault();
  if (player !== document.activeElement) player.scrollIntoView({ block: "nearest", inline: "nearest" });
  last = player;
  act(player);
});

document.addEventListener(
  "play",
  (event) => {
    last = /** @type {HTMLMediaElement} */ (event.target);
    for (const other of document.querySelectorAll("[data-player]")) if (other !== last) /** @type {HTMLMediaElement} */ (other).pause();
  },
  true, // it does not bubble
);
