/** What judging one expectation gives: a verdict for each strategy it is of, and one for all of them. */
import type { Expectation } from "../scenario/scenario.ts";

export type VerdictKind = "held" | "broken" | "unknown";

export interface ExpectationVerdict {
  readonly expectation: Expectation;
  /** Broken if any strategy's is, else unknown if any is, else held; turned round by `knownFailure` (a known failure is held). */
  readonly kind: VerdictKind;
  /** The expectation in words and figures with its verdict, one line a strategy. */
  readonly text: string;
  readonly parts: readonly StrategyVerdict[];
}

export interface StrategyVerdict {
  readonly strategy: string;
  readonly kind: VerdictKind;
  /** "recovery.time of sync: p90 is 4.1 s (95 % bound 4.6 s), below 6 s: held". */
  readonly text: string;
  /** Where broken: the first run that by itself goes against the expectation, for replay. */
  readonly run: FailingRun | undefined;
  /** What was compared, in the metric's unit; infinite where runs never recovered. */
  readonly figures: {
    readonly n: number;
    readonly point?: number;
    readonly bound?: number;
    readonly p?: number;
    readonly repeatsNeeded?: number;
  };
}

export interface FailingRun {
  readonly seed: number;
  readonly repeat: number;
  readonly key: string;
}

/** A part's finding before its strategy's name and verdict are put around it. */
export interface Finding {
  readonly kind: VerdictKind;
  readonly text: string;
  readonly run?: FailingRun | undefined;
  readonly figures: StrategyVerdict["figures"];
}

export const inWords = (finding: Finding, strategy: string, subject: string): StrategyVerdict => ({
  strategy,
  kind: finding.kind,
  text: `${subject} of ${strategy}: ${finding.text}: ${finding.kind}`,
  run: finding.run,
  figures: finding.figures,
});

/** How many repeats the file plans, and how many `--repeats` or `--budget` left. */
export interface Repeats {
  readonly plannedRepeats: number;
  readonly actualRepeats: number;
}

/**
 * "needs 29 repeats; 10 were run of the 30 the file plans"; with `guess`, about how many it would take if they go on like these:
 * "needs about 9 repeats (5 at the very least)".
 */
export function shortage(needed: number, n: number, { plannedRepeats, actualRepeats }: Repeats, guess = needed): string {
  const lowered = actualRepeats < plannedRepeats ? ` of the ${plannedRepeats} the file plans` : "";
  const judged = n < actualRepeats ? `, of which ${n} could be judged` : "";
  const asked = guess > needed ? `about ${guess} repeats (${needed} at the very least)` : `${needed} repeats`;
  return `needs ${asked}; ${actualRepeats} ${actualRepeats === 1 ? "was" : "were"} run${lowered}${judged}`;
}
