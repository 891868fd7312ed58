/** Reads that others than the primary may answer: who is asked, how old answers may be, and what that costs. */
import { describe, expect, it } from "vitest";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { RunSpec } from "../../../src/simulator/cluster/spec.ts";
import type { FaultSpec } from "../../../src/simulator/faults/fault.ts";
import type { RunRecord } from "../../../src/simulator/record/record.ts";
import { REGISTRY } from "../../../src/simulator/strategies/registry.ts";
import type { Reads } from "../../../src/simulator/strategies/routing/reads.ts";
import { isRequest, READ, replicas, stepping } from "../../canary/broken.ts";
import { partsOf } from "./build.ts";
import { constant, fault, ms, s, smallSpec } from "./small-run.ts";

interface Case {
  readonly reads: Reads;
  readonly consistency?: number;
  readonly ship?: number;
  readonly faults?: readonly FaultSpec[];
  readonly failover?: "none" | "monitor";
  readonly rows?: number;
  readonly mix?: RunSpec["workload"][number]["mix"];
}

function spec({
  reads,
  consistency,
  ship = ms(50),
  faults = [],
  failover = "none",
  rows = 20,
  mix = { read: 0.8, update: 0.2 },
}: Case): RunSpec {
  const base = smallSpec({ duration: s(10), settle: s(5), faults, data: { tables: [{ name: "users", rows, row: 1000, key: "id" }] } });
  const { failover: monitor } = base.parts;
  return {
    ...base,
    workload: [{ ...base.workload[0]!, mix }],
    parts: {
      ...base.parts,
      routing: { name: "smartClient", options: { reads, ...(consistency === undefined ? {} : { consistency }) } },
      replication: { name: "asynchronous", options: { ship: { every: ship } } },
      failover: failover === "none" ? { name: "none", options: {} } : monitor,
    },
  };
}

const run = (of: Case): RunRecord => simulate(spec(of), partsOf());

/** Requests served by each server. */
function served({ windows, header }: RunRecord): number[] {
  const servers = header.servers.length;
  return header.servers.map((_, server) => windows.serverRequests.reduce((sum, n, i) => (i % servers === server ? sum + n : sum), 0));
}
const rows = (record: RunRecord, operation: string) => record.operations.filter((row) => row.operation === operation);
const total = (record: RunRecord, operation: string, what: "issued" | "good" | "attempts"): number =>
  rows(record, operation).reduce((sum, row) => sum + row[what], 0);

describe("which replica a read asks", () => {
  it("is the primary unless asked for: standbys serve nothing, and nothing is stale", () => {
    const record = run({ reads: { kind: "primary" } });
    expect(served(record).slice(1)).toEqual([0, 0]);
    expect(record.data.staleReads).toBe(0);
  });

  it.each<Reads>([{ kind: "roundRobin" }, { kind: "random" }, { kind: "choices", of: 2 }, { kind: "leastOutstanding" }])(
    "$kind spreads reads over all replicas",
    (reads) => {
      const record = run({ reads, mix: { read: 1 } });
      const loads = served(record);
      const mean = total(record, "read", "good") / 3;
      for (const load of loads) expect(Math.abs(load - mean) / mean).toBeLessThan(0.12);
    },
  );

  it("nearestZone keeps every client's reads in its own zone", () => {
    const near = run({ reads: { kind: "nearestZone" }, mix: { read: 1 } });
    const far = run({ reads: { kind: "random" }, mix: { read: 1 } });
    const slowest = (record: RunRecord): number => Math.min(...rows(record, "read").map((row) => row.latency.sum / row.latency.count));
    // There and back inside a zone takes 0.5 ms, between zones 2 ms; two thirds of random reads cross.
    expect(slowest(far) - slowest(near)).toBeGreaterThan(900);
  });

  it("goes on at the standbys while the primary is dead, where writes wait for it", () => {
    const faults = [fault({ kind: "hostDeath", target: [{ kind: "primaryOf", shard: 0 }] }, s(4), undefined)];
    const record = run({ reads: { kind: "roundRobin" }, faults });
    expect(total(record, "read", "good") / total(record, "read", "issued")).toBeGreaterThan(0.999);
    expect(total(record, "update", "good") / total(record, "update", "issued")).toBeLessThan(0.5);
    const alone = run({ reads: { kind: "primary" }, faults });
    expect(total(alone, "read", "good") / total(alone, "read", "issued")).toBeLessThan(0.5);
  });

  it("is another at a retry: a silent replica costs each client few attempts, not one in three", () => {
    const faults = [fault({ kind: "hostDeath", target: [{ kind: "server", server: 1 }] }, s(2), undefined)];
    const record = run({ reads: { kind: "roundRobin" }, faults, mix: { read: 1 } });
    expect(total(record, "read", "good")).toBe(total(record, "read", "issued"));
    const retried = total(record, "read", "attempts") - total(record, "read", "issued");
    expect(retried).toBeGreaterThan(0);
    // Each of three clients tries the dead one again once a second, with what it then has under way.
    expect(retried / total(record, "read", "issued")).toBeLessThan(0.1);
  });
});

describe("how old an answer may be", () => {
  it("any: standbys answer with what they have, and the ledger sees what they lack", () => {
    const { data } = run({ reads: { kind: "roundRobin" }, ship: ms(300) });
    expect(data.staleReads).toBeGreaterThan(50);
    expect(data.staleAge.max).toBeGreaterThan(ms(200));
    expect(data.staleAge.max).toBeLessThan(ms(400));
  });

  it("a bound that shipping keeps is served by standbys, and no answer is older", () => {
    const record = run({ reads: { kind: "roundRobin" }, consistency: ms(200), ship: ms(40) });
    expect(Math.min(...served(record))).toBeGreaterThan(300);
    expect(record.data.staleReads).toBeGreaterThan(0);
    expect(record.data.staleAge.max).toBeLessThanOrEqual(ms(200));
  });

  it("a standby beyond the bound sends readers to its primary", () => {
    const record = run({ reads: { kind: "roundRobin" }, consistency: ms(100), ship: ms(1000) });
    const [primary, ...standbys] = served(record);
    expect(primary).toBeGreaterThan(4 * Math.max(...standbys));
    expect(record.data.staleAge.max).toBeLessThanOrEqual(ms(100));
    expect(total(record, "read", "good")).toBe(total(record, "read", "issued"));
  });

  it("a standby that serves behind its bound is caught (canary)", () => {
    const deaf = replicas((machine, { fields }) => ({
      ...stepping(machine, (input, io) => {
        // Whatever age was asked for, any will do.
        if (isRequest(input, READ) && fields.until[input.slot]! > 0) fields.until[input.slot] = Infinity;
        machine.step(input, io);
      }),
    }));
    const bound = { reads: { kind: "roundRobin" }, consistency: ms(100), ship: ms(1000) } as const;
    expect(simulate(spec(bound), deaf).data.staleAge.max).toBeGreaterThan(ms(300));
  });

  it("holds through a failover: a promoted standby's epoch begins without what the old primary said", () => {
    const faults = [fault({ kind: "pause", target: [{ kind: "primaryOf", shard: 0 }] }, s(3), s(1))];
    const record = run({ reads: { kind: "random" }, consistency: ms(200), ship: ms(40), faults, failover: "monitor" });
    expect(record.data.staleAge.max).toBeLessThanOrEqual(ms(200));
    expect(served(record).every((load) => load > 0)).toBe(true);
  });

  it("Raft's followers answer with what they have applied, or within a bound", () => {
    const base = spec({ reads: { kind: "roundRobin" } });
    const raft = REGISTRY.replication.raft.options.parse({});
    const parts = {
      ...base.parts,
      replication: { name: "raft", options: raft },
      failover: { name: "none", options: {} },
      fencing: { name: "none", options: {} },
    };
    const any = simulate({ ...base, parts }, partsOf());
    expect(Math.min(...served(any))).toBeGreaterThan(300);
    expect(any.data.staleReads).toBeGreaterThan(0);
    const routing = { name: "smartClient", options: { reads: { kind: "roundRobin" }, consistency: ms(10) } };
    const bounded = simulate({ ...base, parts: { ...parts, routing } }, partsOf());
    expect(bounded.data.staleAge.max).toBeLessThanOrEqual(ms(10));
    expect(bounded.data.staleAge.max).toBeLessThan(any.data.staleAge.max);
    expect(served(bounded).every((load) => load > 100)).toBe(true);
  });

  it("synchronous standbys have every acknowledged write: none of their answers is stale", () => {
    const base = spec({ reads: { kind: "roundRobin" } });
    const record = simulate({ ...base, parts: { ...base.parts, replication: { name: "synchronous", options: {} } } }, partsOf());
    expect(Math.min(...served(record))).toBeGreaterThan(300);
    expect(record.data.staleReads).toBe(0);
  });
});

it("a hundred equal copies of one shard are all read", () => {
  const base = spec({ reads: { kind: "random" }, mix: { read: 1 } });
  const record = simulate(
    {
      ...base,
      cluster: {
        ...base.cluster,
        replicas: 100,
        regions: [{ name: "r", zones: [{ name: "a", racks: [{ name: "a", servers: 100 }] }] }],
        clients: [{ name: "web", zones: ["a"], hosts: 1 }],
        server: { ...base.cluster.server, fsync: constant(100) },
      },
      hosts: { metadata: [{ kind: "zone", name: "a" }], monitor: [{ kind: "zone", name: "a" }] },
    },
    partsOf(),
  );
  expect(Math.min(...served(record))).toBeGreaterThan(4);
  expect(record.reductions).toEqual([]);
});

it("a standby that gives up its replica between a question and its answer is not asked to judge it", () => {
  const base = spec({ reads: { kind: "random" }, consistency: ms(20), ship: 0 });
  const zone = (name: string) => ({ name, racks: [{ name, servers: 2 }] });
  const record = simulate(
    {
      ...base,
      cluster: { ...base.cluster, shards: 8, regions: [{ name: "r", zones: ["a", "b", "c"].map(zone) }] },
      hosts: { ...base.hosts, rebalancer: [{ kind: "zone", name: "b" }] },
      operations: [
        {
          name: "the move",
          label: "move",
          at: constant(s(2)),
          action: { kind: "add", zones: ["a", "b", "c"] },
          throttle: 1_000_000,
          cutover: "forwarding",
        },
      ],
    },
    partsOf(),
  );
  expect(record.facts.filter((fact) => fact.kind === "move" && fact.phase === "left").length).toBeGreaterThan(3);
  expect(record.data.staleAge.max).toBeLessThanOrEqual(ms(20));
  expect(total(record, "read", "good")).toBe(total(record, "read", "issued"));
});
