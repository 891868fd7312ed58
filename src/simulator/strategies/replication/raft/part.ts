/** Replication by Raft: the REAL module (`modules/raft`), one group a shard, with its own failover and fencing. */
import { z } from "zod";
import type { Duration } from "../../../../base/time.ts";
import { DEFAULT_OPTIONS, problemsOf, type Options } from "../../../../modules/raft/options.ts";
import { durationField, durationRangeField, shareField, type FieldProblem } from "../../../notation/fields.ts";
import type { ReplicationPart } from "../../contracts.ts";
import { createRaftReplica } from "./replica.ts";
import { transportPlan } from "./transport.ts";

const fields = z.strictObject({
  election: durationRangeField()
    .prefault("1s..2s")
    .describe("A follower that hears no leader for a time drawn from this range stands for election. Both ends included."),
  heartbeat: durationField({ min: 1 }).prefault("100ms").describe("Pause between the leader's heartbeats."),
  tick: durationField({ min: 1 })
    .optional()
    .describe(
      "Counts time-outs in whole ticks of this length, each peer with a phase of its own, as etcd, TiKV and CockroachDB do; left out, time-outs are exact.",
    ),
  preVote: z.boolean().default(true).describe("A candidate first asks whether it would win (dissertation section 9.6)."),
  checkQuorum: z
    .boolean()
    .default(true)
    .describe("A leader that hears of no majority for an election time-out steps down, and voters that heard a leader ignore candidates."),
  reads: z
    .enum(["readIndex", "lease"])
    .default("readIndex")
    .describe("How the leader proves that it still leads before it answers a read: by a round of heartbeats, or by the clock."),
  driftBound: shareField().default(0.01).describe("For reads by lease: the most by which two clocks' rates may differ."),
  coalesce: durationField({ min: 1 })
    .optional()
    .describe("Heartbeats of all groups between two hosts travel together, once in so long; left out, each travels by itself."),
  eagerCommit: z.boolean().default(false).describe("Followers hear of a commitment at once, not with the next append or heartbeat."),
});

/** Options as a scenario writes them; what the module itself would refuse is a problem of the scenario. */
export const raftOptions = fields.superRefine((given, context) => {
  const tick = given.tick;
  if (tick !== undefined && (given.election.from < tick || given.heartbeat < tick)) {
    const params: FieldProblem = {
      fault: "a tick is longer than what is counted in ticks",
      mend: "write a tick of at most the heartbeat and the shortest election time-out",
      offset: 0,
    };
    context.addIssue({ code: "custom", path: ["tick"], message: `${params.fault}; ${params.mend}`, params });
    return;
  }
  if (given.coalesce !== undefined && given.coalesce + given.heartbeat >= given.election.from) {
    const params: FieldProblem = {
      fault: "heartbeats held back so long come after the shortest election time-out",
      mend: "coalesce within less than the shortest election time-out less the heartbeat",
      offset: 0,
    };
    context.addIssue({ code: "custom", path: ["coalesce"], message: `${params.fault}; ${params.mend}`, params });
  }
  const [problem] = problemsOf(moduleOptions(given, 0));
  if (problem === undefined) return;
  const heartbeat = problem.includes("heartbeat");
  const params: FieldProblem = heartbeat
    ? {
        fault: "the heartbeat is no shorter than the shortest election time-out: followers would give up a live leader",
        mend: "write a heartbeat of a fifth of the shortest election time-out, say",
        offset: 0,
      }
    : { fault: problem, mend: "see `shardlab explain raft`", offset: 0 };
  const path = heartbeat ? ["heartbeat"] : problem.startsWith("reads") ? ["reads"] : [];
  context.addIssue({ code: "custom", path, message: `${params.fault}; ${params.mend}`, params });
});
type Given = z.output<typeof fields>;

/** The module's options: ticks where the scenario counts in them, `phase` (0 up to a tick) a peer's own. */
function moduleOptions({ election, heartbeat, tick, preVote, checkQuorum, reads, driftBound, eagerCommit }: Given, phase: number): Options {
  const ticks = (duration: Duration): number => Math.max(1, Math.round(duration / (tick ?? 1)));
  return {
    ...DEFAULT_OPTIONS,
    timing:
      tick === undefined
        ? { kind: "exact", electionMin: election.from, electionMax: election.to, heartbeat }
        : { kind: "ticks", tick, phase, electionMin: ticks(election.from), electionMax: ticks(election.to), heartbeat: ticks(heartbeat) },
    preVote,
    checkQuorum,
    reads: reads === "lease" ? { kind: "lease", driftBound } : { kind: "readIndex" },
    eagerCommit,
  };
}

export function createRaft(options: z.output<typeof raftOptions>): ReplicationPart {
  return {
    copies: (replicas) => replicas,
    singleOrder: true,
    waitsForMembers: false,
    ownFailover: true,
    needed: (members) => Math.floor(members / 2) + 1,
    ...(options.coalesce === undefined ? {} : { machines: [transportPlan(options.coalesce)] }),
    createReplica: (context) =>
      createRaftReplica(context, {
        optionsOf: (phase) => moduleOptions(options, phase),
        tick: options.tick,
        coalesces: options.coalesce !== undefined,
      }),
  };
}
