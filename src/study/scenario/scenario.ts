/**
 * A scenario: one question, the strategies that are compared on it, and what is expected. This is the value a file
 * becomes once it has been read (read.ts), its units resolved and every default filled. schema.ts holds the schemas,
 * problem.ts how mistakes are reported, extends.ts and set.ts how files are merged and values overridden.
 */
import type { RunSpec } from "../../simulator/cluster/spec.ts";

export interface Scenario {
  /** As given on the command line, for messages. */
  readonly file: string;
  readonly name: string;
  readonly question: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly repeats: number;
  /** In the order of the file. */
  readonly strategies: readonly Strategy[];
  readonly expect: readonly Expectation[];
  /** What a strategy must keep to be bought: bounds on all of them, judged by their point estimates. */
  readonly objectives: readonly MetricExpectation[];
  readonly prices: Prices | undefined;
  /** Modules named in `plugins:`, as paths relative to the file that names them. */
  readonly plugins: readonly string[];
}

/** In one currency, whichever. What is not priced costs nothing. */
export interface Prices {
  /** Of a host for an hour. */
  readonly server: number;
  /** Of a GB (10^9 bytes) between zones. */
  readonly crossZone: number;
  /** Of a GB that is kept for a month (730 h). */
  readonly storage: number;
}

export interface Strategy {
  readonly name: string;
  /** What one run needs but for seed and repeat. Lists are in the order of their content names, not of the file. */
  readonly run: StrategyRun;
  /** The same as plain JSON with units as resolved numbers, defaults filled: what results.json shows and the run's key hashes. */
  readonly resolved: unknown;
}

export type StrategyRun = Omit<RunSpec, "seed" | "repeat" | "key" | "version">;

export type Statistic = "mean" | "max" | "min" | `p${number}`;

/** One line of `expect:`. */
export type Expectation = MetricExpectation | InvariantExpectation;

interface ExpectationPlace {
  /** Where in the file: `expect[2]`, and its line and column from 1. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** The file that says it, where that may be another than the scenario's own: a base, or `--set 1`. */
  readonly source?: string;
  /** Strategies judged, in the file's order. */
  readonly of: readonly string[];
  /** A link or reason: the expectation is known to fail, and fails when it starts to hold. */
  readonly knownFailure: string | undefined;
}

export interface MetricExpectation extends ExpectationPlace {
  readonly kind: "metric";
  readonly metric: string;
  readonly where: Where;
  readonly over: "max" | "mean" | "each";
  readonly statistic: Statistic;
  readonly bound: Bound;
  /** One-sided; undefined: a threshold judges the point estimate (paired bounds default to 0.95). */
  readonly confidence: number | undefined;
}

export interface InvariantExpectation extends ExpectationPlace {
  readonly kind: "invariant";
  readonly invariant: string;
}

/** Numbers are in the metric's own unit: microseconds for times, bytes, counts, shares. */
export type Bound =
  | { readonly kind: "below"; readonly value: number }
  | { readonly kind: "atMost"; readonly value: number }
  | { readonly kind: "atLeast"; readonly value: number }
  | { readonly kind: "between"; readonly low: number; readonly high: number }
  | { readonly kind: "lessThan"; readonly strategy: string }
  | { readonly kind: "notWorseThan"; readonly strategy: string; readonly margin: number };

export interface Where {
  readonly shard: number | undefined;
  readonly operation: string | undefined;
  readonly vantage: string | undefined;
  /** Microseconds of measured time, start included, end not. */
  readonly window: { readonly from: number; readonly to: number } | undefined;
  readonly per: "server" | "shard" | undefined;
  readonly what: "requests" | "bytes" | "keys" | "busy" | undefined;
}
