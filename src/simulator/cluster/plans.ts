/**
 * What an operation on several keys asks of which shards: scans, finds on another column, joins and multi-key reads. A plan
 * is made once, with the operation: the keys of each shard, the rows that the shard has to read for it, the demand of that
 * and the bytes that come back. All strategies and retries meet the same.
 *
 * A scan of the rows from one on asks the shards of these rows where shards follow the order of rows, else all, each of which
 * must read as many rows as the scan wants, since any might hold all of them (the limit is pushed down, as routers of
 * real systems do). A find on a column that keys are not sharded by asks all; each reads the rows that match there. A
 * multi-key read asks the shards of its keys. A join puts beside a row the rows of another table that belong to it: row r
 * of the first has rows r, r + n, r + 2 n and so on of the second, n being the rows of the table that both are bound to, else
 * those of the first. Bound tables have all of these in one shard. Else the join goes to all at once, since its key is
 * known: the row's own shard gives the row, each looks for what belongs to it (a broadcast; no rows are shipped). A part costs a read's demand and, for every row beyond the first, a fixed one.
 *
 * Every shard's demand is drawn for every such operation, asked or not, from the shard's own stream: so the same shard takes
 * the same time for it, whichever others a strategy asks.
 */
import type { Random } from "../../base/random.ts";
import type { Sampler } from "../kernel/distributions.ts";
import type { Drawn } from "../workload/driver.ts";
import type { WorkloadSpec } from "../workload/workload.ts";
import type { KeySpace } from "./keyspace.ts";
import { grown, Kind } from "./operations.ts";

/** The parts of one operation, each of another shard. Arrays are longer than `count` and are used again. */
export interface Plan {
  count: number;
  shards: Int32Array;
  demands: Float64Array;
  /** Bytes of the rows that a part's answer carries. */
  bytes: Float64Array;
  /** Keys of part i: `keys[first[i]]` up to `keys[first[i + 1]]`. */
  first: Int32Array;
  keys: Int32Array;
  /** 1 once a server has answered the part. */
  answered: Uint8Array;
}

export interface Plans {
  /** Plans what the driver has drawn, for this operation. */
  readonly make: (operation: number, workload: number, drawn: Drawn) => Plan;
  readonly of: (operation: number) => Plan | undefined;
  readonly release: (operation: number) => void;
}

export interface PlansParts {
  readonly keys: KeySpace;
  readonly shards: number;
  readonly workloads: readonly WorkloadSpec[];
  /** Numbers of the workloads' tables. */
  readonly tables: readonly number[];
  /** Tables that workloads' joins put beside their own; -1 without. */
  readonly others: readonly number[];
  /** Rows of a table at the start. */
  readonly loaded: (table: number) => number;
  /** Demand of a read, and microseconds of every row beyond the first. */
  readonly read: Sampler;
  readonly rowDemand: number;
  /** Values of the column that a workload's finds name. */
  readonly distinct: (workload: number) => number;
  readonly stream: (name: string) => Random;
}

export function createPlans(parts: PlansParts): Plans {
  const { keys, shards } = parts;
  const planOf: (Plan | undefined)[] = [];
  const free: Plan[] = [];
  const streams: Random[][] = parts.workloads.map(() => []);
  const demands = new Float64Array(shards);
  const counts = new Int32Array(shards);
  const place = new Int32Array(shards);
  /** Keys found for the operation in hand. */
  let found = new Int32Array(256);
  let count = 0;

  function add(key: number): void {
    if (count === found.length) found = grown(found, count * 2);
    found[count] = key;
    count += 1;
  }

  function collect(workload: number, drawn: Drawn): void {
    const table = parts.tables[workload]!;
    count = 0;
    switch (drawn.kind) {
      case Kind.Scan: {
        const from = keys.rowOf(drawn.key);
        const to = Math.min(keys.rows(table), from + drawn.count);
        for (let row = from; row < to; row += 1) add(keys.keyOf(table, row));
        return;
      }
      case Kind.Find: {
        const step = parts.distinct(workload);
        for (let row = drawn.count; row < keys.rows(table); row += step) add(keys.keyOf(table, row));
        return;
      }
      case Kind.Join: {
        const other = parts.others[workload]!;
        const step = keys.boundBy(table, other) || parts.loaded(table);
        add(drawn.key);
        for (let row = keys.rowOf(drawn.key) % step; row < keys.rows(other); row += step) add(keys.keyOf(other, row));
        return;
      }
      default:
        for (let i = 0; i < drawn.count; i += 1) add(drawn.keys[i]!);
    }
  }

  /** Fills a plan with a part for every shard that holds one of the keys, or for every shard there is. */
  function fill(plan: Plan, isForAll: boolean): void {
    counts.fill(0);
    for (let i = 0; i < count; i += 1) {
      const shard = keys.shardOf(found[i]!);
      counts[shard] = counts[shard]! + 1;
    }
    let used = 0;
    let offset = 0;
    for (let shard = 0; shard < shards; shard += 1) {
      if (!isForAll && counts[shard] === 0) continue;
      if (used + 1 >= plan.shards.length) growParts(plan);
      plan.shards[used] = shard;
      plan.first[used] = offset;
      plan.bytes[used] = 0;
      plan.answered[used] = 0;
      place[shard] = used;
      offset += counts[shard]!;
      used += 1;
    }
    plan.count = used;
    plan.first[used] = offset;
    if (plan.keys.length < count) plan.keys = grown(plan.keys, Math.max(count, plan.keys.length * 2));
    counts.fill(0);
    for (let i = 0; i < count; i += 1) {
      const key = found[i]!;
      const shard = keys.shardOf(key);
      const part = place[shard]!;
      plan.keys[plan.first[part]! + counts[shard]!] = key;
      counts[shard] = counts[shard]! + 1;
      plan.bytes[part] = plan.bytes[part]! + keys.rowBytes(key);
    }
  }

  return {
    make: (operation, workload, drawn) => {
      const plan = free.pop() ?? emptyPlan();
      const own = streams[workload]!;
      for (let shard = 0; shard < shards; shard += 1)
        demands[shard] = parts.read((own[shard] ??= parts.stream(`workload/${parts.workloads[workload]!.name}/parts/shard ${shard}`)));
      collect(workload, drawn);
      const isLimit = drawn.kind === Kind.Scan && !keys.isOrdered;
      const isBroadcast = drawn.kind === Kind.Join && keys.boundBy(parts.tables[workload]!, parts.others[workload]!) === 0;
      fill(plan, isLimit || isBroadcast || drawn.kind === Kind.Find);
      for (let part = 0; part < plan.count; part += 1) {
        const rows = isLimit ? count : plan.first[part + 1]! - plan.first[part]!;
        plan.demands[part] = demands[plan.shards[part]!]! + Math.max(0, rows - 1) * parts.rowDemand;
        if (isLimit) plan.bytes[part] = count * keys.rowBytes(drawn.key);
      }
      while (planOf.length <= operation) planOf.push(undefined);
      planOf[operation] = plan;
      return plan;
    },
    of: (operation) => planOf[operation],
    release: (operation) => {
      const plan = planOf[operation];
      if (plan === undefined) return;
      planOf[operation] = undefined;
      free.push(plan);
    },
  };
}

/** The part of a shard, or -1. */
export function partOf(plan: Plan, shard: number): number {
  for (let part = 0; part < plan.count; part += 1) if (plan.shards[part] === shard) return part;
  return -1;
}

const emptyPlan = (): Plan => ({
  count: 0,
  shards: new Int32Array(16),
  demands: new Float64Array(16),
  bytes: new Float64Array(16),
  first: new Int32Array(16),
  keys: new Int32Array(64),
  answered: new Uint8Array(16),
});

function growParts(plan: Plan): void {
  const capacity = plan.shards.length * 2;
  plan.shards = grown(plan.shards, capacity);
  plan.demands = grown(plan.demands, capacity);
  plan.bytes = grown(plan.bytes, capacity);
  plan.first = grown(plan.first, capacity);
  plan.answered = grown(plan.answered, capacity);
}
