/** The tests' own randomness: small, fast and the same everywhere (mulberry32, Tommy Ettinger, public domain). */

export interface Dice {
  /** In [0, 1). */
  readonly uniform: () => number;
  /** A whole number in [0, bound). */
  readonly below: (bound: number) => number;
  /** A whole number from `least` to `most`. */
  readonly between: (least: number, most: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(from: readonly T[]) => T;
}

export function dice(seed: number): Dice {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (bound: number): number => Math.floor(uniform() * bound);
  return {
    uniform,
    below,
    between: (least, most) => least + below(most - least + 1),
    chance: (probability) => uniform() < probability,
    pick: (from) => from[below(from.length)]!,
  };
}
