/**
 * A browser's storage that never fails: where it is full or forbidden, nothing is kept.
 *
 * @typedef {{getItem(name: string): string | null, setItem(name: string, value: string): void, removeItem(name: string): void, names(): string[]}} Keeper
 */

/**
 * @param {() => Storage} find `() => localStorage`: naming it may already fail
 * @returns {Keeper}
 */
export function keeper(find) {
  return {
    getItem: (name) => attempt(() => find().getItem(name)) ?? null,
    setItem: (name, value) => void attempt(() => find().setItem(name, value)),
    removeItem: (name) => void attempt(() => find().removeItem(name)),
    names: () => attempt(() => Array.from({ length: find().length }, (_, n) => find().key(n) ?? "")) ?? [],
  };
}

/** @template T @param {() => T} act @returns {T | undefined} */
export function attempt(act) {
  try {
    return act();
  } catch {
    return undefined;
  }
}
