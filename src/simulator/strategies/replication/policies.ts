/**
 * When a write is acknowledged: none (one copy), asynchronous, semi-synchronous, synchronous. All run the replica of
 * primary-standby.ts.
 */
import { z } from "zod";
import { seconds, type Duration } from "../../../base/time.ts";
import { countField, distributionField, durationField, rateField, sizeField } from "../../notation/fields.ts";
import type { ReplicationPart } from "../contracts.ts";
import type { PartFault, PartSurroundings } from "../part.ts";
import { createPrimaryStandby } from "./primary-standby.ts";
import type { AckPolicy, Applying } from "./policy.ts";

const NO_SHIPPING = 0 as Duration;
const AT_ONCE: Applying = { kind: "onArrival" };
const HOT: Standbys = { kind: "hot" };
const AS_WORK: Applying = { kind: "work", delay: 0 as Duration };

/** What a standby gets that has been away: alike for all kinds with standbys. */
const returning = {
  retain: sizeField()
    .prefault("1GB")
    .describe("Log that is kept for standbys that are away (backlog, retention); one that lacks more gets a full copy."),
  diverged: z
    .enum(["rewind", "copy"])
    .default("rewind")
    .describe("What a former primary gets whose log has diverged: what its tail had changed (pg_rewind), or everything."),
};

/** One copy: what its server loses is lost. */
export const noneOptions = z.strictObject({});
export const createNone = (): ReplicationPart =>
  part({ ships: false, shipsUnsynced: false, shipEvery: NO_SHIPPING, waitsForMembers: false }, { copies: () => 1, needed: () => 1 });

const warm = z
  .strictObject({
    every: durationField().prefault("30s").describe("Pause between batches; what came meanwhile is replayed."),
    replay: rateField().prefault("20k/s").describe("Entries replayed per second."),
  })
  .prefault({});
const cold = z
  .strictObject({
    boot: distributionField("duration")
      .prefault("lognormal(median 40s p99 120s)")
      .describe("From the order to take over until the database runs."),
    copyEvery: durationField({ min: 1 }).prefault("1h").describe("How often the base copy is made anew; the log since then is replayed."),
  })
  .prefault({});
type Standbys =
  { readonly kind: "hot" } | ({ readonly kind: "warm" } & z.output<typeof warm>) | ({ readonly kind: "cold" } & z.output<typeof cold>);
const standbys = z
  .union([
    z.enum(["hot", "warm", "cold"]),
    z.strictObject({ warm: warm.describe("Runs, serves no reads, and replays in batches.") }),
    z.strictObject({ cold: cold.describe("Keeps a base copy and the log, and must boot, restore and replay to take over.") }),
  ])
  .transform((given): Standbys => {
    if (given === "hot") return { kind: "hot" };
    if (given === "warm" || (typeof given === "object" && "warm" in given))
      return { kind: "warm", ...(typeof given === "object" ? given.warm : warm.parse({})) };
    return { kind: "cold", ...(typeof given === "object" ? given.cold : cold.parse({})) };
  })
  .prefault("hot")
  .describe("How ready standbys are: hot ones apply as it comes and serve reads; warm ones must replay first, cold ones boot and restore.");

const delay = z
  .union([
    durationField().transform((by) => ({ by, standbys: undefined })),
    z.strictObject({
      by: durationField().describe("Age that an entry must have."),
      standbys: z
        .array(countField({ min: 1 }))
        .min(1)
        .describe("Which standbys, by their number in the placement; the others apply at once."),
    }),
  ])
  .optional()
  .describe("Standbys apply entries no sooner than so long after the primary appended them, by their clocks; all are received at once.");

/** Acknowledged when the primary has synced it; shipped afterwards, every so often. */
export const asynchronousOptions = z.strictObject({
  ship: z
    .strictObject({
      every: durationField().prefault("0ms").describe("Pause between shipments to the standbys; 0ms ships as soon as a write is synced."),
    })
    .prefault({})
    .describe("How the log travels to the standbys."),
  minReplicas: countField()
    .default(0)
    .describe("Standbys that must have been heard of within minReplicasMaxLag, or the primary refuses writes (Redis); 0: none."),
  minReplicasMaxLag: durationField({ min: 1 })
    .prefault("10s")
    .describe("How long ago, at most; standbys give a sign of life every second."),
  delay,
  standbys,
  cascade: z.boolean().default(false).describe("Standby 2 is fed by standby 1, and so on; one that is silent for 3 s is passed over."),
  ...returning,
});
type AsynchronousOptions = z.output<typeof asynchronousOptions>;
export function createAsynchronous(options: Pick<AsynchronousOptions, "ship"> & Partial<AsynchronousOptions>): ReplicationPart {
  const { minReplicas = 0, minReplicasMaxLag = seconds(10), delay: late, cascade = false, standbys: readiness = HOT, ...rest } = options;
  return part(
    {
      ships: true,
      shipsUnsynced: false,
      shipEvery: options.ship.every,
      waitsForMembers: false,
      ...(minReplicas > 0 ? { guard: { replicas: minReplicas, maxLag: minReplicasMaxLag } } : {}),
      ...readinessOf(readiness),
      ...(late === undefined ? {} : { applying: (ordinal) => delayOf(late, ordinal), stamps: true }),
      ...(cascade ? { line: { kind: "cascade" as const } } : {}),
      resync: resyncOf(rest),
    },
    { needed: () => 1 + minReplicas, ...(late === undefined && readiness.kind === "hot" ? {} : { appliesLate: true as const }) },
  );
}

function readinessOf(readiness: Standbys): Partial<AckPolicy> {
  if (readiness.kind === "hot") return {};
  if (readiness.kind === "cold") return { cold: { boot: readiness.boot, copyEvery: readiness.copyEvery }, standbysRead: false };
  const { every, replay } = readiness;
  return { applying: () => ({ kind: "replay", every, rate: replay }), standbysRead: false };
}

function delayOf(late: { readonly by: Duration; readonly standbys: readonly number[] | undefined }, ordinal: number): Applying {
  return late.standbys === undefined || late.standbys.includes(ordinal) ? { kind: "work", delay: late.by } : AT_ONCE;
}

/**
 * Acknowledged when every member of the epoch's configuration has synced it. A dead member blocks writes until the
 * failover part drops it by a new epoch. Only what the primary has synced is shipped (as PostgreSQL's walsender does): a
 * primary whose host dies comes back in its epoch without its unsynced tail, and a standby that had it would take the
 * next entries of the same epoch for the ones it holds.
 */
export const synchronousOptions = z.strictObject({ ...returning });
export const createSynchronous = (options: Partial<z.output<typeof synchronousOptions>> = {}): ReplicationPart =>
  part(
    { ships: true, shipsUnsynced: false, shipEvery: NO_SHIPPING, waitsForMembers: true, resync: resyncOf(options) },
    { needed: (members) => members },
  );

/**
 * Acknowledged when so many members of the epoch's configuration have it, or after a time-out alone (MySQL 8.4,
 * rpl_semi_sync_source_*: wait_for_replica_count 1, timeout 10 s, wait_point AFTER_SYNC; a replica says so when it has
 * written the relay log, which is `received`). It waits the time-out too while there are too few members
 * (wait_no_replica ON).
 */
export const semiSynchronousOptions = z.strictObject({
  acks: countField({ min: 1 }).default(1).describe("Standbys that must have a write before it is acknowledged."),
  timeout: durationField({ min: 1 }).prefault("10s").describe("How long a write waits for them."),
  onTimeout: z
    .enum(["fallback", "block"])
    .default("fallback")
    .describe("Then the primary goes on alone until standbys have caught up, or it goes on waiting."),
  waitPoint: z
    .enum(["afterSync", "afterCommit"])
    .default("afterSync")
    .describe("Readers of the primary see a write once it is acknowledged, or as soon as the primary has synced it."),
  ackWhen: z
    .enum(["received", "synced", "applied"])
    .default("received")
    .describe("What a standby has done with a write when it says that it has it."),
  ...returning,
});
export const createSemiSynchronous = (options: z.output<typeof semiSynchronousOptions>): ReplicationPart => {
  const { acks, timeout, onTimeout, waitPoint, ackWhen, ...rest } = options;
  return part(
    {
      ships: true,
      shipsUnsynced: false,
      shipEvery: NO_SHIPPING,
      waitsForMembers: true,
      semi: { acks, timeout, onTimeout, waitPoint, ackWhen },
      applying: () => AS_WORK,
      resync: resyncOf(rest),
    },
    { needed: () => (onTimeout === "block" ? 1 + acks : 1) },
  );
};

/**
 * A chain: writes enter at the head, go down the chain and are acknowledged by the tail. A dead member blocks writes until
 * the failover part drops it by a new epoch.
 */
export const chainOptions = z.strictObject({
  reads: z
    .enum(["tail", "craq"])
    .default("tail")
    .describe("Reads are answered by the tail alone, or by every member, which asks the tail where it holds an unacknowledged write."),
  ...returning,
});
export const createChain = ({ reads, ...rest }: z.output<typeof chainOptions>): ReplicationPart =>
  part(
    {
      ships: true,
      shipsUnsynced: false,
      shipEvery: NO_SHIPPING,
      waitsForMembers: true,
      line: { kind: "chain", reads },
      standbysRead: false,
      resync: resyncOf(rest),
    },
    { needed: (members) => members },
  );

/** More acknowledgements than there are standbys would never come. */
export function checkSemiSynchronous(
  { acks }: z.output<typeof semiSynchronousOptions>,
  { copies }: PartSurroundings,
): readonly PartFault[] {
  if (acks < copies) return [];
  return [
    {
      fault: `${acks} acknowledgements, and a shard has ${copies - 1} standby${copies === 2 ? "" : "s"}`,
      mend: `write at most ${Math.max(1, copies - 1)}, or more replicas`,
      steps: ["semiSynchronous", "acks"],
    },
  ];
}

/** The same of the guard: it would refuse every write. */
export function checkAsynchronous(
  { minReplicas, delay: late, standbys }: AsynchronousOptions,
  { copies }: PartSurroundings,
): readonly PartFault[] {
  if (late !== undefined && standbys.kind !== "hot")
    return [{ fault: `standbys that are ${standbys.kind} apply late already`, mend: "remove delay", steps: ["asynchronous", "delay"] }];
  if (minReplicas < copies) return [];
  return [
    {
      fault: `${minReplicas} standbys, and a shard has ${copies - 1}: every write would be refused`,
      mend: `write at most ${copies - 1}, or more replicas`,
      steps: ["asynchronous", "minReplicas"],
    },
  ];
}

const RETAIN = 1_000_000_000;
const resyncOf = ({ retain = RETAIN, diverged = "rewind" }: { readonly retain?: number; readonly diverged?: "rewind" | "copy" }) => ({
  retain,
  diverged,
});

function part(
  policy: AckPolicy,
  {
    needed,
    copies = (replicas) => replicas,
    ...rest
  }: Pick<ReplicationPart, "needed"> & Partial<Pick<ReplicationPart, "copies" | "appliesLate">>,
): ReplicationPart {
  return {
    copies,
    singleOrder: true,
    waitsForMembers: policy.waitsForMembers,
    needed,
    ...rest,
    createReplica: (context) => createPrimaryStandby(context, policy),
  };
}
