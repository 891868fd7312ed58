/** Operations on several keys: which shards they ask, what a dead one does to them, and how they are counted and judged. */
import { describe, expect, it } from "vitest";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { RunSpec } from "../../../src/simulator/cluster/spec.ts";
import type { FaultSpec } from "../../../src/simulator/faults/fault.ts";
import type { RunRecord } from "../../../src/simulator/record/record.ts";
import type { WorkloadSpec } from "../../../src/simulator/workload/workload.ts";
import { partsOf } from "./build.ts";
import { constant, fault, ms, s, smallSpec } from "./small-run.ts";

const SHARDS = 8;

interface Case {
  readonly mix: WorkloadSpec["mix"];
  readonly several?: Partial<Pick<WorkloadSpec, "scan" | "find" | "join" | "multiRead">>;
  readonly sharding?: "ring" | "ranges";
  readonly faults?: readonly FaultSpec[];
  readonly scatter?: { readonly onFailure: "refuse" | "return"; readonly shareMin?: number };
  readonly tables?: RunSpec["data"]["tables"];
  readonly reads?: Readonly<Record<string, unknown>>;
  readonly replication?: RunSpec["parts"]["replication"];
  readonly client?: Partial<RunSpec["client"]>;
  /** By a router on a host of its own, which gives up a server after so long. */
  readonly proxy?: number;
}

/** One shard a server, one copy of each. */
function spec(of: Case): RunSpec {
  const { mix, several = {}, sharding = "ring", faults = [], scatter = { onFailure: "refuse" } } = of;
  const base = smallSpec({ duration: s(10), settle: s(5), faults });
  const alone = { name: "none", options: {} };
  return {
    ...base,
    cluster: {
      ...base.cluster,
      shards: SHARDS,
      replicas: of.replication === undefined ? 1 : 3,
      regions: [{ name: "r", zones: [{ name: "a", racks: [{ name: "a", servers: SHARDS }] }] }],
      clients: [{ name: "web", zones: ["a"], hosts: 1 }],
    },
    client: { ...base.client, ...of.client },
    data: { tables: of.tables ?? [{ name: "users", rows: 8_000, row: 100, key: "id", columns: { city: 100 } }] },
    workload: [{ ...base.workload[0]!, mix, ...several }],
    parts: {
      ...base.parts,
      sharding: sharding === "ring" ? base.parts.sharding : { name: "ranges", options: {} },
      replication: of.replication ?? alone,
      failover: alone,
      routing:
        of.proxy === undefined
          ? { name: "smartClient", options: { reads: { kind: "primary" }, ...of.reads, scatter } }
          : {
              name: "proxy",
              options: { reads: { kind: "primary" }, scatter, timeout: of.proxy, buffer: { requests: 0, window: s(1), every: ms(20) } },
            },
    },
    hosts: {
      ...(of.proxy === undefined ? {} : { router: [{ kind: "zone" as const, name: "a" }] }),
      metadata: [{ kind: "zone", name: "a" }],
      monitor: [{ kind: "zone", name: "a" }],
    },
  };
}

const run = (of: Case): RunRecord => simulate(spec(of), partsOf());
type Counts = { issued: number; good: number; partial: number; refused: number; ambiguous: number; attempts: number };
function counts(record: RunRecord, operation: string): Counts {
  const all: Counts = { issued: 0, good: 0, partial: 0, refused: 0, ambiguous: 0, attempts: 0 };
  for (const row of record.operations)
    if (row.operation === operation) for (const name of Object.keys(all) as (keyof Counts)[]) all[name] += row[name] ?? 0;
  return all;
}
/** Shards asked by one operation, on average, while nothing is tried again. */
const asked = (record: RunRecord, operation: string): number => counts(record, operation).attempts / counts(record, operation).issued;
const served = (record: RunRecord): number => record.windows.shardRequests.reduce((sum, n) => sum + n, 0);

const SCAN = { scan: { length: constant(50) } };
const FIND = { find: { column: "city" } };

describe("which shards are asked", () => {
  it("a scan asks the few shards of its rows where shards follow their order, and all under a hash", () => {
    // A range has 1,000 rows: a scan of 50 crosses into the next with probability 49 / 1,000, but for the last.
    const ranges = run({ mix: { scan: 1 }, several: SCAN, sharding: "ranges" });
    expect(asked(ranges, "scan")).toBeGreaterThan(1.02);
    expect(asked(ranges, "scan")).toBeLessThan(1.07);
    expect(asked(run({ mix: { scan: 1 }, several: SCAN }), "scan")).toBe(SHARDS);
  });

  it("a find on another column asks all, whatever the sharding", () => {
    for (const sharding of ["ring", "ranges"] as const)
      expect(asked(run({ mix: { find: 1 }, several: FIND, sharding }), "find")).toBe(SHARDS);
  });

  it("a multi-key read asks the shards of its keys: 8 (1 - (7/8)^4) of 4 in 8 even ones", () => {
    const found = asked(run({ mix: { multiRead: 1 }, several: { multiRead: { keys: constant(4) } }, sharding: "ranges" }), "multiRead");
    expect(Math.abs(found - SHARDS * (1 - (7 / 8) * (7 / 8) * (7 / 8) * (7 / 8)))).toBeLessThan(0.1);
  });

  it("a join asks one shard where the tables are bound, and all where they are not", () => {
    const users = { name: "users", rows: 1_000, row: 100, key: "id" };
    const orders = { name: "orders", rows: 4_000, row: 100, key: "id" };
    const join = { mix: { join: 1 }, several: { join: { with: "orders" } } } as const;
    for (const sharding of ["ring", "ranges"] as const) {
      expect(asked(run({ ...join, sharding, tables: [users, { ...orders, boundTo: "users" }] }), "join")).toBe(1);
      expect(asked(run({ ...join, sharding, tables: [users, orders] }), "join")).toBe(SHARDS);
    }
  });
});

describe("how they are counted", () => {
  it("once as an operation, while every part is a request at its server, and rows come back with it", () => {
    const record = run({ mix: { find: 1 }, several: FIND });
    const { issued, good } = counts(record, "find");
    expect(good).toBe(issued);
    expect(record.windows.good.reduce((sum, n) => sum + n, 0)).toBe(good);
    expect(Math.abs(served(record) - SHARDS * issued)).toBeLessThan(2 * SHARDS);
    // Each find brings 80 rows of 100 bytes home.
    const bytes = record.windows.serverBytes.reduce((sum, n) => sum + n, 0);
    expect(bytes / issued).toBeGreaterThan(8_000);
    expect(bytes / issued).toBeLessThan(9_000);
    expect(record.requests.endedOnce).toBe(record.requests.issued);
  });

  it("the latency is the slowest part's: more shards take longer", () => {
    const mean = (record: RunRecord, operation: string): number => {
      const [row] = record.operations.filter((one) => one.operation === operation);
      return row!.latency.sum / row!.latency.count;
    };
    const record = run({ mix: { find: 0.5, read: 0.5 }, several: FIND });
    // H(8) - 1 = 1.72 mean demands of 400 us more.
    expect(mean(record, "find") - mean(record, "read")).toBeGreaterThan(500);
    expect(mean(record, "find") - mean(record, "read")).toBeLessThan(1_000);
  });
});

describe("one dead shard of n", () => {
  const faults = [fault({ kind: "hostDeath", target: [{ kind: "primaryOf", shard: 3 }] }, 0, undefined)];
  const mixed = { mix: { read: 0.5, scan: 0.5 }, several: SCAN, faults, client: { deadline: ms(400), timeout: ms(100) } };
  const share = (part: number, whole: number): number => part / whole;

  it("fails the point reads of its keys, one in n, and every scan where a part that fails refuses the whole", () => {
    const record = run(mixed);
    const reads = counts(record, "read");
    const failed = share(reads.issued - reads.good, reads.issued);
    const keys = record.windows.shardKeys.slice(-SHARDS);
    const due = share(
      keys[3]!,
      keys.reduce((sum, n) => sum + n, 0),
    );
    expect(Math.abs(failed - due) / Math.sqrt((due * (1 - due)) / reads.issued)).toBeLessThan(4);
    const scans = counts(record, "scan");
    expect([scans.good, scans.partial]).toEqual([0, 0]);
    expect(scans.refused + scans.ambiguous).toBe(scans.issued);
    expect(scans.issued).toBeGreaterThan(800);
  });

  it("leaves every scan partial where what came is returned", () => {
    const scans = counts(run({ ...mixed, scatter: { onFailure: "return" } }), "scan");
    expect(scans.partial).toBe(scans.issued);
    expect(scans.good).toBe(0);
  });

  it("fails them all the same where all parts are asked for", () => {
    const scans = counts(run({ ...mixed, scatter: { onFailure: "return", shareMin: 1 } }), "scan");
    expect([scans.good, scans.partial]).toEqual([0, 0]);
    const some = counts(run({ ...mixed, scatter: { onFailure: "return", shareMin: 7 / 8 } }), "scan");
    expect(some.partial).toBe(some.issued);
  });

  it("does the same through routers, which fan out for their clients", () => {
    const routed = { ...mixed, proxy: ms(20), client: { deadline: ms(800), timeout: ms(200) } };
    const refused = counts(run(routed), "scan");
    expect([refused.good, refused.partial]).toEqual([0, 0]);
    const scans = counts(run({ ...routed, scatter: { onFailure: "return" } }), "scan");
    expect(scans.partial / scans.issued).toBeGreaterThan(0.99);
    const healthy = counts(run({ ...routed, faults: [] }), "scan");
    expect([healthy.good, healthy.attempts]).toEqual([healthy.issued, SHARDS * healthy.issued]);
  });

  it("spares the scans of other ranges where shards follow the order of rows", () => {
    const scans = counts(run({ ...mixed, sharding: "ranges" }), "scan");
    expect(share(scans.good, scans.issued)).toBeGreaterThan(0.8);
    expect(share(scans.good, scans.issued)).toBeLessThan(0.92);
  });
});

describe("the ledger", () => {
  const asynchronous = { name: "asynchronous", options: { ship: { every: ms(500) } } };
  const tables = [{ name: "users", rows: 400, row: 100, key: "id", columns: { city: 100 } }];
  const several = { ...FIND, multiRead: { keys: constant(10) } };

  it("judges every key that standbys serve, and counts an operation once however many of its keys are stale", () => {
    const mix = { update: 0.5, multiRead: 0.5 };
    const reads = { reads: { kind: "random" } };
    const record = run({ mix, several, tables, replication: asynchronous, reads });
    const { issued } = counts(record, "multiRead");
    // A key is updated every 4 s and is up to half a second late at two of three replicas: 4 % stale, of ten keys one in 35 %.
    expect(record.data.staleReads).toBeGreaterThan(issued * 0.28);
    expect(record.data.staleReads).toBeLessThan(issued * 0.42);
    expect(record.data.staleAge.max).toBeGreaterThan(ms(300));
    expect(run({ mix, several, tables, replication: asynchronous }).data.staleReads).toBe(0);
  });

  it("holds a bound on every key", () => {
    const mix = { update: 0.5, find: 0.5 };
    const reads = { reads: { kind: "random" }, consistency: ms(100) };
    const { data } = run({ mix, several, tables, replication: { name: "asynchronous", options: { ship: { every: ms(20) } } }, reads });
    expect(data.staleReads).toBeGreaterThan(0);
    expect(data.staleAge.max).toBeLessThanOrEqual(ms(100));
  });
});
