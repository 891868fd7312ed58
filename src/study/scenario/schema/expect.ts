/** One line of `expect:`. Bounds are read later, in the unit of their metric (expectations.ts). */
import { z } from "zod";
import { OPERATIONS } from "../../../simulator/workload/workload.ts";
import { count, name, text } from "./fields.ts";
import { report } from "./report.ts";
import { checked, oneOrMore, section, word } from "./shape.ts";

const statistic = z.string().transform((given, context): "mean" | "max" | "min" | `p${number}` => {
  if (given === "mean" || given === "max" || given === "min") return given;
  const level = Number(/^p(\d{1,2}(?:\.\d{1,4})?)$/u.exec(given)?.[1]);
  if (level > 0) return `p${level}`;
  report(context, { fault: `"${given}" is not a statistic`, mend: "write mean, max, min, or a quantile such as p50, p90, p99.9" });
  return z.NEVER;
});

const window = z.string().transform((given, context): readonly [string, string] => {
  const [from, to, more] = given.split("..");
  if (from !== undefined && to !== undefined && more === undefined) return [from.trim(), to.trim()];
  report(context, { fault: `"${given}" is not a stretch of time`, mend: "write such as 20s..40s" });
  return z.NEVER;
});

const where = section({
  shard: count().optional().describe("One shard."),
  operation: word(OPERATIONS).optional().describe("One kind of operation."),
  vantage: text().optional().describe("Where clients see it from: a zone, or GROUP/ZONE."),
  window: window.optional().describe("Stretch of measured time, such as 20s..40s."),
  per: word(["server", "shard"]).optional().describe("What is compared."),
  what: word(["requests", "bytes", "keys", "busy"]).optional().describe("What is counted."),
});

const bound = (what: string): z.ZodType => z.union([z.string(), z.number()]).optional().describe(`${what}, in the unit of the metric.`);

const between = z
  .union([z.string(), z.array(z.union([z.string(), z.number()])).length(2)])
  .optional()
  .describe("Both ends included: LOW..HIGH or [LOW, HIGH], in the unit of the metric.");

const confidence = checked(z.number(), (value) =>
  value >= 0.5 && value < 1 ? undefined : { fault: `${value} is not a confidence`, mend: "write a number from 0.5 up to, not including, 1, such as 0.95" },
);

const notWorseThan = section({
  strategy: name("strategy").describe("The other."),
  margin: z.union([z.string(), z.number()]).describe("How much worse is still allowed, in the unit of the metric."),
});

/** The names of metrics and invariants come from outside; they are schemas so that editors complete them. */
export function expectationSchema(metric: z.ZodType<string>, invariant: z.ZodType<string>) {
  return section(
    {
      metric: metric.optional().describe("The number judged; `shardlab explain NAME` defines it."),
      invariant: invariant.optional().describe("The rule that must hold in every run."),
      of: oneOrMore(z.string()).prefault("all").describe("Strategies judged: a name, a list, or all."),
      where: where.prefault({}).describe("Which part of the metric."),
      over: word(["max", "mean", "each"]).default("max").describe("How shards and vantages of a run become one value."),
      statistic: statistic.optional().describe("Of the repeats: mean (default), max, min, pNN."),
      below: bound("Less than this"),
      atMost: bound("This or less"),
      atLeast: bound("This or more"),
      between,
      lessThan: name("strategy").optional().describe("Paired by seed: less than in this strategy."),
      notWorseThan: notWorseThan.optional().describe("Paired by seed: at most a margin above another strategy."),
      confidence: confidence.optional().describe("One-sided; without it a threshold judges the point estimate."),
      knownFailure: text().optional().describe("Link or reason; fails when the expectation starts to hold."),
    },
    ["monotone"],
  );
}

export const BOUND_KEYS = ["below", "atMost", "atLeast", "between", "lessThan", "notWorseThan"] as const;

export type RawExpectation = z.output<ReturnType<typeof expectationSchema>>;


/** Every key of an expectation that is served. */
export const EXPECTATION_KEYS: readonly string[] = Object.keys(expectationSchema(z.string(), z.string()).shape);
