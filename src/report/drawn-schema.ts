/** The schema of what charts draw (drawn.ts), as results.json has it. Times are microseconds of measured time. */
import { z } from "zod";
import { MARKS } from "./timeline-marks.ts";
import { STATES } from "./timeline-pack.ts";

const course = z
  .object({
    width: z.number().describe("A stretch of time; the last may be shorter."),
    points: z
      .array(z.tuple([z.number(), z.number()]))
      .describe("By stretch: its start, and the figure. Stretches without a figure are left out."),
  })
  .describe("A figure over time.");

const load = z.object({
  seed: z.number().describe("Of the run that is drawn."),
  rows: z.array(z.string()).describe("A shard or server each, or several that stand together."),
  limits: z.array(z.number()).describe("Limits of the stretches of time."),
  rates: z.array(z.array(z.number())).describe("By stretch, then by row: requests a second of one shard or server."),
  skew: z.number().describe("Busiest over mean: mean over all runs of the strategy."),
});

const timelines = z
  .object({
    of: z.number().describe("Runs that there were; those that are not below had no room."),
    duration: z.number(),
    texts: z.array(z.string()),
    lanes: z.array(z.array(z.object({ id: z.string(), name: z.string() }))).describe("Sets of lanes: runs mostly have the same."),
    runs: z
      .array(
        z.object({
          rank: z.number().describe("1 is the worst, by time out, then loss, then the share not answered."),
          repeat: z.number(),
          seed: z.number(),
          focus: z.object({ from: z.number(), to: z.number() }).describe("The stretch in which things happen."),
          longest: z
            .object({ length: z.number(), isOpen: z.boolean(), hasCause: z.boolean(), phase: z.string(), phaseLength: z.number() })
            .optional()
            .describe("The run's longest outage."),
          lanes: z.number().describe("Which set of lanes."),
          bars: z
            .array(z.number())
            .describe(
              `Six numbers a bar: lane, state (${STATES.join(", ")}, from 0), microseconds since the end of the bar before it (it may be negative), length, text, and how many shards a primary leads.`,
            ),
          marks: z
            .array(z.number())
            .describe(
              `Five numbers a mark: lane, kind (${MARKS.join(", ")}, from 0), microseconds since the mark before it, text, and how many fell together.`,
            ),
          left: z.object({ servers: z.number(), bars: z.number(), marks: z.number() }).describe("What there was no room for."),
        }),
      )
      .describe("The worst first."),
  })
  .describe("What happened in each run: lanes of faults, client locations and servers, with bars and marks.");

export const drawnSchema = z.object({
  duration: z.number(),
  cores: z.array(z.number()).describe("Different numbers of cores of the servers."),
  moments: z
    .array(z.object({ from: z.number(), middle: z.number(), to: z.number(), words: z.string() }))
    .describe("Faults and changes of members, k-th with k-th over the runs: in the first, the middle and the last."),
  answered: course.describe("Share of the operations issued that were answered well, all runs together."),
  balance: course.describe("Largest over mean requests of the servers, mean over the runs."),
  latency: z.array(z.object({ operation: z.string(), runs: z.number(), p50: course, p99: course })),
  load: z.object({ shard: load.optional(), server: load.optional() }).describe("Requests by shard and by server in one run."),
  timelines,
});
