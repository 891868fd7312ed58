/** Options of the leaderless quorum, as a scenario writes them. */
import { z } from "zod";
import { bandwidthField, countField, durationField, sizeField, type FieldProblem } from "../../../notation/fields.ts";

const hints = z.strictObject({
  // Cassandra 4.1, cassandra.yaml: max_hint_window: 3h, hinted_handoff_throttle: 1024KiB (a second).
  window: durationField().prefault("3h").describe("A replica that has been away for longer gets no more hints. 3h, as in Cassandra."),
  throttle: bandwidthField().prefault("1024KiB/s").describe("At most so much is handed to returned replicas by one coordinator."),
  // hints_flush_period: 10s.
  flush: durationField({ min: 1 })
    .prefault("10s")
    .describe("Hints are synced to the disk once in so long; younger ones die with their host."),
});

const antiEntropy = z.strictObject({
  every: durationField({ min: 1 }).describe("Pause between two comparisons of a replica with another of its shard, at a random phase."),
  bandwidth: bandwidthField().prefault("24MiB/s").describe("Of what one comparison sends; 24MiB/s is Cassandra's limit for streams."),
  parts: countField({ min: 1, max: 65_536 }).prefault(1024).describe("Leaves of the hash tree: a leaf that differs is sent whole."),
});

const fields = z.strictObject({
  r: countField({ min: 1, max: 30 }).prefault(2).describe("Replicas that must have answered a read."),
  w: countField({ min: 1, max: 30 }).prefault(2).describe("Replicas that must hold a write before it is acknowledged."),
  ask: z
    .enum(["all", "enough"])
    .default("all")
    .describe(
      "Whether a read asks all replicas and takes the first R answers (Dynamo, Riak), or R of them (Cassandra), others if one is silent.",
    ),
  speculate: durationField({ min: 1 })
    .prefault("50ms")
    .describe("With ask: enough: after so long without R answers the other replicas are asked too."),
  readRepair: z
    .enum(["none", "background", "foreground"])
    .default("background")
    .describe("Replicas that answered a read with something old are sent the newest: after the answer, or before it."),
  hints: z
    .union([z.literal("none"), hints])
    .prefault({})
    .describe("Hinted handoff: what a replica misses while it is away is kept for it and handed over when it is back; `none`: it is not."),
  sloppy: z
    .boolean()
    .default(false)
    .describe("In place of a replica that is away the next reachable server in ring order takes the write, with a hint, and counts."),
  antiEntropy: z
    .union([z.literal("none"), antiEntropy])
    .default("none")
    .describe("Replicas compare hash trees of what they hold, and exchange leaves that differ; `none`: they do not."),
  clock: z
    .enum(["coordinator", "client"])
    .default("coordinator")
    .describe(
      "Whose wall clock stamps a write: the last stamp wins. A coordinator stamps each attempt anew, so that one that comes late can beat what was written since; a client's attempts share a stamp.",
    ),
  tombstones: z
    .strictObject({
      // Cassandra: gc_grace_seconds = 864000.
      grace: durationField({ min: 1 })
        .prefault("10d")
        .describe("A tombstone older than this is purged; a copy that is mended later brings the row back."),
      every: durationField({ min: 1 }).prefault("1m").describe("How often a replica looks for tombstones to purge."),
    })
    .prefault({})
    .describe("How long deletes are remembered."),
  // Cassandra: write_request_timeout: 2s.
  timeout: durationField({ min: 1 })
    .prefault("2s")
    .describe("A coordinator gives a request up after so long, and suspects replicas that were silent all the while."),
  probe: durationField({ min: 1 }).prefault("1s").describe("Suspected servers are asked for a sign of life so often."),
  commitLog: z
    .union([z.literal("batch"), z.strictObject({ periodic: durationField({ min: 1 }).describe("Pause between two syncs of the log.") })])
    .default("batch")
    .describe("A replica answers a write once its log is synced, or at once and syncs now and then (Cassandra: periodic, 10s)."),
  coordinator: z
    .enum(["replica", "nearest", "any"])
    .default("replica")
    .describe("Whom clients ask: a replica of the shard, the nearest first; any server of the nearest place; any server."),
  coordination: durationField().prefault("20us").describe("Demand of a request on the coordinator, beside what replicas do."),
  hintSize: sizeField({ min: 0 }).prefault("24B").describe("Bytes of a hint's own header."),
});

export const quorumOptions = fields.superRefine((given, context) => {
  if (!given.sloppy || given.hints !== "none") return;
  const params: FieldProblem = {
    fault: "a server that stands in for another has no use for a write without a hint",
    mend: "leave hints out, or write sloppy: false",
    offset: 0,
  };
  context.addIssue({ code: "custom", path: ["sloppy"], message: `${params.fault}; ${params.mend}`, params });
});

export type QuorumOptions = z.output<typeof quorumOptions>;
