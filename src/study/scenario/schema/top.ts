/** The keys of a scenario file, with their defaults. Sections that are merged before they are read come in as schemas. */
import { z } from "zod";
import { count, duration, name, positiveDuration, text } from "./fields.ts";
import { pricesSchema } from "./buying.ts";
import { clusterSchema } from "./cluster.ts";
import { dataSchema } from "./data.ts";
import { faultSchema } from "./faults.ts";
import { operationSchema } from "./operations.ts";
import { section } from "./shape.ts";
import { workloadSchema } from "./workload.ts";

const prober = section({
  every: positiveDuration().prefault("10ms").describe("Between two probes of a shard from a vantage; bounds the resolution of outages."),
  deadline: positiveDuration().prefault("1s").describe("After which a probe counts as failed."),
});

const histories = section({
  keys: count({ min: 1, max: 10_000 }).default(32).describe("At most so many keys, chosen by a hash among those that are used."),
  operations: count({ min: 1, max: 10_000_000 })
    .default(100_000)
    .describe("At most so many operations of all of them together; beyond it whole keys are given up."),
});

/** Keys of the format that nothing serves yet. */
const LATER = ["sweep", "fidelity"];

/** 30 repeats are the fewest round number at which p90 has a one-sided 95 % bound (29 are needed). */
const REPEATS_DEFAULT = 30;

/** More are a slip of the keyboard. */
export const REPEATS_MOST = 1_000_000;
/** The seeds of all repeats must stay whole numbers that a double can tell apart (2^53). */
const SEED_MOST = 9_000_000_000_000_000;

export function topSchema(sections: { readonly common: z.ZodType; readonly strategy: z.ZodType; readonly expectation: z.ZodType; readonly objectives: z.ZodType }) {
  return section(
    {
      name: name("scenario").describe("Of the scenario; names the folder of its report."),
      question: text().default("").describe("What it asks, for people."),
      labels: z.record(z.string(), text()).prefault({}).describe("Anything worth keeping with the results; they do not depend on it."),
      extends: z.string().optional().describe("A base file beside or below this one: maps merge, lists replace."),
      seed: count({ max: SEED_MOST }).default(1).describe("Of the first repeat's random numbers."),
      repeats: count({ min: 1, max: REPEATS_MOST }).default(REPEATS_DEFAULT).describe("Runs of each strategy, alike but for the seed."),
      // Longer than a few failure-detection and back-off periods of the default client; the report checks that it was enough.
      warmup: duration().prefault("5s").describe("Left out of all figures; `at:` of a fault counts from its end."),
      duration: positiveDuration().prefault("60s").describe("Measured time, after the warm-up."),
      settle: duration().prefault("60s").describe("After measured time: no workload, so that replication and recovery come to rest before the audit."),
      slow: positiveDuration().prefault("500ms").describe("A write acknowledged later than this is not good: it can be part of an outage."),
      window: positiveDuration().prefault("1s").describe("Width of the windows of time series."),
      prober: prober.prefault({}).describe("Writes to a reserved key that find the limits of outages."),
      histories: histories.optional().describe("Keeps all that clients did with a few whole keys: for the invariant `linearizable`, and to export."),
      cluster: clusterSchema.prefault({}).describe("Places, hosts, network, client groups."),
      data: dataSchema.prefault({}).describe("What is stored."),
      workload: z.array(workloadSchema).prefault([{}]).describe("What clients ask; a list, side by side."),
      faults: z.array(faultSchema).prefault([]).describe("What goes wrong, and when."),
      operations: z.array(operationSchema).prefault([]).describe("What is planned: servers that come or go, keys that are divided anew."),
      common: sections.common.optional().describe("Parts that all strategies share unless they say otherwise."),
      strategies: z.record(name("strategy"), sections.strategy).describe("What is compared, by name."),
      expect: z.array(sections.expectation).prefault([]).describe("What should come out; `shardlab check` fails when it does not."),
      objectives: sections.objectives.optional().describe("What a strategy must keep to be bought: metric, statistic, bound. Which of them do, at what cost, is printed; no build fails by it."),
      prices: pricesSchema.optional().describe("What things cost: gives each strategy its cost per month."),
      plugins: z.array(z.string().min(1)).prefault([]).describe("Modules with parts of your own; loaded only with --allow-plugins."),
    },
    LATER,
  );
}
