/** A small cluster for tests: three zones with one server each, one shard of three replicas, one client zone a zone. */
import type { Duration } from "../../../src/base/time.ts";
import type { RunSpec } from "../../../src/simulator/cluster/spec.ts";
import type { FaultSpec } from "../../../src/simulator/faults/fault.ts";

export const ms = (n: number): Duration => Math.round(n * 1_000) as Duration;
export const s = (n: number): Duration => Math.round(n * 1_000_000) as Duration;
export const constant = (value: number): { readonly kind: "constant"; readonly value: number } => ({ kind: "constant", value });
export const exponential = (mean: number): { readonly kind: "exponential"; readonly mean: number } => ({ kind: "exponential", mean });

type Deep<T> = { readonly [K in keyof T]?: T[K] };

export function smallSpec(
  overrides: Deep<Omit<RunSpec, "cluster" | "client">> & {
    readonly cluster?: Deep<RunSpec["cluster"]>;
    readonly server?: Deep<RunSpec["cluster"]["server"]>;
    readonly client?: Deep<RunSpec["client"]>;
  } = {},
): RunSpec {
  const { server, client, cluster, ...rest } = overrides;
  return {
    scenario: "small",
    strategy: "test",
    seed: 1,
    repeat: 0,
    key: "0",
    version: "test",
    warmup: s(1),
    duration: s(30),
    settle: s(20),
    slow: ms(500),
    window: s(1),
    prober: { every: ms(10), deadline: s(1) },
    cluster: {
      regions: [{ name: "r", zones: ["a", "b", "c"].map((name) => ({ name, racks: [{ name, servers: 1 }] })) }],
      shards: 1,
      replicas: 3,
      server: {
        cores: 4,
        queue: 1000,
        service: { read: exponential(400), write: exponential(800), apply: constant(50) },
        fsync: constant(1_000),
        bandwidth: 1_250_000_000,
        clock: { offset: constant(0), drift: constant(0) },
        ...server,
      },
      network: {
        sameHost: constant(20),
        sameZone: constant(250),
        crossZone: constant(1_000),
        crossRegion: constant(40_000),
        between: [],
        loss: 0,
        retransmission: ms(200),
      },
      clients: [{ name: "web", zones: ["a", "b", "c"], hosts: 3 }],
      metadata: { cores: 4, queue: 1000, read: constant(50), claim: constant(500), commit: constant(500) },
      ...cluster,
    },
    data: { tables: [{ name: "users", rows: 1000, row: 1000, key: "id" }] },
    workload: [
      {
        name: "app",
        from: "web",
        table: "users",
        arrivals: { kind: "poisson", rate: 200 },
        mix: { read: 0.5, update: 0.5 },
        keys: { kind: "uniform" },
        value: constant(1000),
      },
    ],
    faults: [],
    parts: {
      sharding: { name: "ring", options: { virtualNodes: 64 } },
      placement: { name: "spread", options: "zone" },
      routing: { name: "smartClient", options: { reads: { kind: "primary" } } },
      replication: { name: "asynchronous", options: { ship: { every: 50_000 } } },
      failover: { name: "monitor", options: { heartbeat: 1_000_000, misses: 3, gather: 500_000 } },
      fencing: { name: "epoch", options: {} },
    },
    primaries: undefined,
    client: {
      deadline: s(2),
      timeout: ms(500),
      retries: 8,
      backoff: { first: ms(10), factor: 2, max: s(1), jitter: 0.5 },
      budget: 1,
      learn: [{ kind: "redirect" }, { kind: "watch" }],
      ...client,
    },
    hosts: { metadata: [{ kind: "zone", name: "c" }], monitor: ["a", "b", "c"].map((name) => ({ kind: "zone" as const, name })) },
    ...rest,
  };
}

/** A fault at a fixed instant of measured time. */
export function fault(action: FaultSpec["action"], at: number, length: number | undefined): FaultSpec {
  return {
    name: `${action.kind} at ${at}`,
    label: action.kind,
    when: { kind: "at", at: constant(at) },
    action,
    lasts: length === undefined ? { kind: "ever" } : { kind: "for", length: constant(length) },
    path: "faults[0]",
  };
}
