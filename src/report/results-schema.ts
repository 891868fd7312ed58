/**
 * The schema of results.json: what `shardlab schema results` prints and what stored results are read by. Everything that is written is
 * described here; a reader may meet keys that are not, from a later version.
 */
import { z } from "zod";
import { drawnSchema } from "./drawn-schema.ts";

/** Grows by one whenever a reader of the last version would misread this one. */
export const RESULTS_VERSION = 2;

/** JSON has no infinity. */
const number = z.union([z.number(), z.enum(["Infinity", "-Infinity", "NaN"])]).transform(Number);
const observed = z.union([number, z.object({ atLeast: number })]).describe("A number, or what is known of it: at least so much.");
const interval = z.object({ low: number, high: number });
const medianDifference = z
  .object({ median: number, low: number.optional(), high: number.optional() })
  .describe("left - right; an end is missing where the pairs are too few to bound it.");

const kind = z.enum(["held", "broken", "unknown"]);
const unit = z.enum(["time", "count", "bytes", "share", "number", "rate"]);
const better = z.enum(["less", "more", "neither"]);

/** One metric of one run. */
const value = z
  .union([
    number.describe("The value."),
    z.object({ value: number, note: z.string() }).describe("The value, and what a reader should know besides."),
    z.object({ atLeast: number }).describe("The run had not ended it by the end of measured time: at least so much."),
    z
      .object({ unknown: z.string(), cause: z.enum(["unexercised", "audit", "open", "unsupported"]) })
      .describe("The metric has a meaning here and this run cannot tell, and why."),
    z.object({ absent: z.string() }).describe("The metric has no meaning here, and why."),
  ])
  .describe("One metric of one run.");

const quantile = z.object({ value: observed, low: observed.optional(), high: observed.optional() });
const mean = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("mean"), value: number, interval: interval.optional() }),
  z.object({ kind: z.literal("refused"), words: z.string(), restricted: number, horizon: number }),
]);

const pooled = z
  .object({
    count: z.number(),
    mean: number,
    p50: number,
    p90: number,
    p99: number,
    p999: number.describe("p99.9"),
    max: number,
    p99Low: number.optional(),
    p99High: number.optional(),
  })
  .describe("Of a metric of which a run holds a whole distribution: all runs' values together.");

const summary = z.object({
  unit,
  better,
  statistic: z.string().optional().describe("Of a metric with a distribution: the statistic of a run that the figures are of."),
  n: z.number().describe("Runs in the sample, censored ones included."),
  censored: z.number(),
  absent: z.number(),
  unknown: z.number(),
  reasons: z.array(z.object({ reason: z.string(), runs: z.number() })).describe("Why runs are not in the sample."),
  figures: z
    .object({
      mean,
      p50: quantile,
      p90: quantile,
      min: observed,
      max: observed,
      runsWithAny: z.object({ runs: z.number(), of: z.number(), interval, words: z.string() }).optional(),
    })
    .optional(),
  pooled: pooled.optional(),
});

const strategy = z.object({
  name: z.string(),
  scenario: z.unknown().describe("As it was run, every default filled."),
  summaries: z.record(z.string(), summary).describe("By metric."),
  drawn: drawnSchema.describe("What charts show besides the figures; bounded whatever the runs' length."),
});

const comparison = z.object({
  metric: z.string(),
  left: z.string(),
  right: z.string(),
  pairs: z.number(),
  dropped: z.number(),
  difference: medianDifference.optional(),
  meanDifference: interval.optional(),
  signedRank: z.object({
    n: z.number(),
    zeros: z.number(),
    positiveRanks: z.number(),
    twoSided: number,
    method: z.enum(["exact", "normal"]),
  }),
  p: number.describe("Two-sided, corrected for all comparisons (Holm)."),
  winner: z.string().optional().describe("Who is significantly better."),
  outcome: z.enum(["better", "alike", "unequal", "open"]).describe("Better: significantly, and by more than the margin."),
});

const place = {
  path: z.string().describe("Where in the scenario."),
  of: z.array(z.string()),
  knownFailure: z.string().optional(),
  verdict: kind,
  text: z.string(),
  parts: z.array(
    z.object({
      strategy: z.string(),
      verdict: kind,
      text: z.string(),
      run: z.object({ seed: z.number(), repeat: z.number(), key: z.string() }).optional().describe("The first run that goes against it."),
      figures: z.object({
        n: z.number(),
        point: number.optional(),
        bound: number.optional(),
        p: number.optional(),
        repeatsNeeded: z.number().optional(),
      }),
    }),
  ),
};

const where = z.object({
  shard: z.number().optional(),
  operation: z.string().optional(),
  vantage: z.string().optional(),
  window: z.object({ from: z.number(), to: z.number() }).optional(),
  per: z.enum(["server", "shard"]).optional(),
  what: z.enum(["requests", "bytes", "keys", "busy"]).optional(),
});

const bound = z.discriminatedUnion("kind", [
  z.object({ kind: z.enum(["below", "atMost", "atLeast"]), value: number }),
  z.object({ kind: z.literal("between"), low: number, high: number }),
  z.object({ kind: z.literal("lessThan"), strategy: z.string() }),
  z.object({ kind: z.literal("notWorseThan"), strategy: z.string(), margin: number }),
]);

const verdict = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("metric"),
    metric: z.string(),
    where,
    over: z.enum(["max", "mean", "each"]),
    statistic: z.union([z.enum(["mean", "max", "min"]), z.templateLiteral(["p", z.number()])]),
    bound,
    confidence: z.number().optional(),
    ...place,
  }),
  z.object({ kind: z.literal("invariant"), invariant: z.string(), ...place }),
]);

const purchase = z.object({
  offers: z
    .array(
      z.object({
        strategy: z.string(),
        kind: z.enum(["feasible", "broken", "unknown"]),
        met: z.number().describe("Objectives that it meets."),
        against: z.string().optional().describe("The first objective that it breaks, or that cannot be told."),
        cost: z.object({ mean: number, interval: interval.optional() }).optional().describe("A month."),
        isPareto: z.boolean().describe("No other is better in one of cost and objectives and not worse in any."),
        beatenBy: z.string().optional().describe("The first that is."),
        hosts: z.number().optional().describe("Hosts that are paid for, the mean over measured time of all runs."),
      }),
    )
    .describe("In the order in which one would buy them."),
  objectives: z.array(z.string()),
  isPriced: z.boolean(),
  runs: z.number().describe("Of each strategy; all of this is judged by their point estimates."),
});

/** results.json as a whole. */
export const resultsSchema = z.object({
  schemaVersion: z.literal(RESULTS_VERSION),
  shardlab: z.string().describe("The version that made it."),
  scenario: z.object({
    name: z.string(),
    question: z.string(),
    labels: z.record(z.string(), z.string()),
    seed: z.number(),
    repeats: z.number().describe("As the file plans them."),
  }),
  repeats: z.number().describe("Whole repeats that are in here."),
  changes: z.array(z.string()).describe("What the command line changed of the file."),
  measured: z.number().describe("Measured time of a run, microseconds."),
  shown: z.array(z.string()).describe("Metrics of the table."),
  confidence: z.number().describe("Of every interval and test."),
  margin: z.number().describe("What lies within this share of a figure is alike."),
  units: z.record(z.string(), z.string()),
  headline: z.string().describe("The answer in a sentence or two."),
  answers: z.array(z.object({ question: z.string(), metric: z.string(), best: z.array(z.string()), sentence: z.string() })),
  notes: z.array(z.string()),
  strategies: z.array(strategy),
  comparisons: z.array(comparison),
  verdicts: z.array(verdict),
  objectives: z.array(verdict).describe("What a strategy must keep to be bought."),
  prices: z
    .object({ server: z.number(), crossZone: z.number(), storage: z.number() })
    .optional()
    .describe("Per host and hour, GB between zones, GB and month."),
  purchase: purchase.optional(),
  runs: z.array(
    z.object({
      strategy: z.string(),
      repeat: z.number(),
      seed: z.number(),
      key: z.string().describe("Identity of the run: hash of all that can change its result."),
      digest: z.string().describe("Hash of what happened: the same key gives the same digest."),
      metrics: z.record(z.string(), value),
    }),
  ),
  outages: z.object({
    columns: z.array(z.string()),
    rows: z.array(z.array(z.union([z.string(), z.number()]))).describe("One an outage, as in outages.csv; times in microseconds."),
  }),
});

/** A results.json that has been read. */
export type ResultsData = z.output<typeof resultsSchema>;

/** The JSON schema (draft 7) of results.json. */
export function resultsJsonSchema(): unknown {
  const json: Readonly<Record<string, unknown>> = z.toJSONSchema(resultsSchema, { target: "draft-7", io: "input" });
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "shardlab results.json",
    description: "Everything that one study found. Times are microseconds; figures that are infinite are the text Infinity or -Infinity.",
    ...json,
  };
}
