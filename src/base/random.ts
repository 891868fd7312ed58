/** Randomness as it is handed to parts and REAL modules: a source of draws, never a global. */

/** One independent stream of pseudo-random numbers. The same stream gives the same draws on every machine. */
export interface Random {
  /** Uniform in [0, 1), 53 bits or 32 bits; the stream's construction says which. */
  readonly uniform: () => number;
  /** A whole number in [0, bound), without bias worth measuring. Needs 1 <= bound <= 2^32. */
  readonly below: (bound: number) => number;
}
