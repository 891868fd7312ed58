/** Parts, metrics and invariants as a reader meets them, small enough to hold in mind; nothing here can run. */
import { z } from "zod";
import type { MetricInfo } from "../../../src/study/scenario/expectations.ts";
import type { ReadOptions } from "../../../src/study/scenario/read.ts";
import type { Registry } from "../../../src/study/scenario/schema/strategy.ts";

const none = { summary: "Nothing.", options: z.strictObject({}) };
const text = z.string().min(1);

export const registry: Registry = {
  parts: {
    sharding: {
      modulo: { summary: "Hash modulo the number of shards.", options: z.strictObject({}) },
      slots: { summary: "16,384 slots.", options: z.strictObject({}) },
      ring: { summary: "Consistent hashing.", options: z.strictObject({ virtualNodes: z.int().min(1).default(128) }) },
    },
    placement: {
      spread: { summary: "Over failure domains.", options: z.enum(["server", "rack", "zone", "region"]).default("zone") },
    },
    routing: { smartClient: { summary: "The client knows the map.", options: z.strictObject({}) } },
    replication: {
      none,
      asynchronous: {
        summary: "Acknowledged before any standby has it.",
        options: z.strictObject({ ship: z.strictObject({ every: text.default("0ms") }).prefault({}) }),
      },
      synchronous: { summary: "Acknowledged when all have it.", options: z.strictObject({}) },
    },
    failover: {
      none,
      manual: {
        summary: "An operator decides.",
        options: z.strictObject({ operatorDelay: text, heartbeat: text.default("1s"), misses: z.int().min(1).default(3) }),
      },
      monitor: {
        summary: "Monitors agree.",
        options: z.strictObject({ heartbeat: text.default("1s"), misses: z.int().min(1).default(3) }),
      },
    },
    fencing: { none, epoch: { summary: "Replicas refuse an older epoch.", options: z.strictObject({}) } },
  },
  notBuilt: {
    sharding: ["jump", "rendezvous", "maglev", "databaseTable", "ranges"],
    placement: ["copysets", "random"],
    routing: ["proxy"],
    replication: ["raft", "semiSynchronous", "chain"],
    failover: ["sentinels", "gossip", "lease"],
    fencing: ["stonith", "lease"],
  },
  check: ({ parts, cluster }) => {
    const zones = cluster.regions.flatMap((region) => region.zones).length;
    const strict = parts.placement.options === "rack";
    return strict && zones < cluster.replicas
      ? [{ part: "placement", fault: `cannot spread ${cluster.replicas} replicas over ${zones} racks`, mend: "name more racks" }]
      : [];
  },
};

export const metrics: Readonly<Record<string, MetricInfo>> = {
  "recovery.time": { unit: "time", where: ["shard", "vantage"] },
  "recovery.needless": { unit: "count", where: ["shard"], over: false },
  "loss.writes": { unit: "count", where: ["shard"], over: false },
  "loss.bytes": { unit: "bytes", where: [], over: false },
  "splitBrain.seconds": { unit: "time", where: ["shard"], over: false },
  availability: { unit: "share", where: ["vantage", "window"], conflicts: [["window", "vantage"]], over: false },
  throughput: { unit: "rate", where: ["operation", "window"], over: false },
  "latency.read": { unit: "time", where: ["shard", "window"], over: false, statistics: ["mean", "quantile"] },
  "load.maxOverMean": { unit: "number", where: ["per", "what", "window"], over: false },
  "query.index": { unit: "number", where: [], over: false },
  "backup.time": { unit: "time", where: [], notBuilt: true },
};

export const invariants = ["one-primary-per-epoch", "epochs-grow", "every-request-ends-once", "map-covers-key-space", "replicas-converge"];

/** Options of a reader that finds `files` (by path) and nothing else. */
export const options = (file: string, files: Readonly<Record<string, string>> = {}, more: Partial<ReadOptions> = {}): ReadOptions => ({
  file,
  readText: (path) => files[path],
  registry,
  metrics,
  invariants,
  ...more,
});
