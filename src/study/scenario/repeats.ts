/** How many repeats an expectation needs before it can be held at all. One-sided bounds throughout. */

/**
 * Fewest repeats n at which the largest (smallest) of n values bounds the quantile `level` from above (below) with
 * `confidence`: 1 - level^n >= confidence, from the order statistics of any continuous distribution.
 * Wilks, Annals of Mathematical Statistics 12 (1941). Both arguments in (0, 1).
 */
export function repeatsForQuantile(level: number, side: "above" | "below", confidence: number): number {
  const miss = side === "above" ? level : 1 - level;
  // Half a unit in the twelfth digit forgives the rounding of logarithms where the quotient is a whole number.
  return Math.max(1, Math.ceil(Math.log(1 - confidence) / Math.log(miss) - 5e-13));
}

/** Fewest pairs at which a one-sided Wilcoxon signed-rank test can reach `confidence`: its smallest p-value is 2^-n. */
export function repeatsForPairs(confidence: number): number {
  return repeatsForQuantile(0.5, "above", confidence);
}

/** The highest of the usual quantiles that `repeats` bound from above, for a mend; undefined when not even the median. */
export function highestQuantile(repeats: number, confidence: number): string | undefined {
  const usual = [99.9, 99.5, 99, 98, 95, 90, 80, 75, 50];
  const reached = usual.find((level) => repeatsForQuantile(level / 100, "above", confidence) <= repeats);
  return reached === undefined ? undefined : `p${reached}`;
}
