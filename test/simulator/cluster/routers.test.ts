/** Routers on hosts of their own: whom clients ask, what a hop costs, what happens when one dies, what waits in its buffer. */
import { describe, expect, it } from "vitest";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { RunOptions } from "../../../src/simulator/cluster/run.ts";
import type { RunSpec } from "../../../src/simulator/cluster/spec.ts";
import type { FaultSpec } from "../../../src/simulator/faults/fault.ts";
import type { RunRecord } from "../../../src/simulator/record/record.ts";
import { partsOf } from "./build.ts";
import { constant, fault, ms, s, smallSpec } from "./small-run.ts";

interface Case {
  readonly buffer?: { readonly requests: number; readonly window: number };
  readonly routers?: readonly string[];
  readonly faults?: readonly FaultSpec[];
  readonly client?: Partial<RunSpec["client"]>;
  readonly failover?: boolean;
  readonly mix?: RunSpec["workload"][number]["mix"];
}

const PATIENT = { requests: 1_000, window: s(10) };

function spec(routing: "proxy" | "smartClient", of: Case = {}): RunSpec {
  const { buffer = PATIENT, routers = ["a", "b", "c"], faults = [], client = {}, failover = false, mix } = of;
  const base = smallSpec({
    duration: s(10),
    settle: s(5),
    slow: s(4),
    faults,
    server: { service: { read: constant(400), write: constant(800), apply: constant(50) } },
    client,
  });
  const reads = { reads: { kind: "primary" } };
  return {
    ...base,
    workload: [{ ...base.workload[0]!, ...(mix === undefined ? {} : { mix }) }],
    parts: {
      ...base.parts,
      routing: {
        name: routing,
        options: routing === "proxy" ? { ...reads, buffer: { ...buffer, every: ms(20) }, timeout: ms(50) } : reads,
      },
      failover: failover ? { name: "monitor", options: { heartbeat: ms(200), misses: 3, gather: ms(100) } } : { name: "none", options: {} },
    },
    hosts: routing === "proxy" ? { ...base.hosts, router: routers.map((name) => ({ kind: "zone" as const, name })) } : base.hosts,
  };
}

const run = (of: Case = {}, options?: RunOptions): RunRecord => simulate(spec("proxy", of), partsOf(), options);
const total = (record: RunRecord, what: "issued" | "good" | "attempts"): number =>
  record.operations.reduce((sum, row) => sum + row[what], 0);
const bad = (record: RunRecord): number => total(record, "issued") - total(record, "good");
const meanLatency = (record: RunRecord, vantage: string): number => {
  const rows = record.operations.filter((row) => row.vantage === vantage && row.operation === "read");
  return rows.reduce((sum, row) => sum + row.latency.sum, 0) / rows.reduce((sum, row) => sum + row.latency.count, 0);
};

const CRASH_FOR = 1;
const crash = fault({ kind: "processCrash", target: [{ kind: "server", server: 0 }] }, s(4), s(CRASH_FOR));
const crashOfAll = fault({ kind: "processCrash", target: [0, 1, 2].map((id) => ({ kind: "server" as const, server: id })) }, s(4), s(1));
const routerDies = (which: number | "all"): FaultSpec =>
  fault({ kind: "hostDeath", target: [{ kind: "role", role: "router", which }] }, s(4), s(3));

describe("a client behind routers", () => {
  const direct = simulate(spec("smartClient"), partsOf());
  const through = run();

  it("has everything answered, at the cost of one hop within its own zone and of the router's look", () => {
    expect([bad(direct), bad(through)]).toEqual([0, 0]);
    expect(total(through, "issued")).toBe(total(direct, "issued"));
    // There and back in the zone 0.5 ms, 20 microseconds in the router: constants, but for queues.
    for (const zone of ["a", "b", "c"])
      expect(Math.abs(meanLatency(through, `web/${zone}`) - meanLatency(direct, `web/${zone}`) - 520)).toBeLessThan(40);
    // Attempts at servers alone are counted.
    expect(total(through, "attempts")).toBe(total(direct, "attempts"));
  });

  it("asks across zones where its own has no router", () => {
    const far = run({ routers: ["a"] });
    expect(Math.abs(meanLatency(far, "web/a") - meanLatency(through, "web/a"))).toBeLessThan(40);
    // The primary stands in zone a: the hop between zones is made once, to the router instead of from it.
    expect(Math.abs(meanLatency(far, "web/c") - meanLatency(through, "web/c"))).toBeLessThan(40);
  });

  it("goes to another router when its own dies; with a single one it is out of service as long", () => {
    const client = { timeout: ms(200), retries: 8, budget: 1 };
    expect(bad(run({ faults: [routerDies(1)], client }))).toBe(0);
    const alone = run({ routers: ["a"], faults: [routerDies("all")], client: { ...client, deadline: s(1) } });
    // 3 s without a router at 200/s; requests of the last second before its return are saved by retries.
    expect(bad(alone)).toBeGreaterThan(300);
    expect(bad(alone)).toBeLessThan(700);
  });
});

describe("a router's buffer", () => {
  /** Clients that never try again themselves: what is answered after the crash waited in a router. Reads alone: of a write without an answer the client is to know. */
  const waiting = (buffer: Case["buffer"], more: Case = {}): number =>
    bad(
      run({ faults: [crash], client: { deadline: s(4), timeout: s(4), retries: 0 }, mix: { read: 1 }, ...(buffer && { buffer }), ...more }),
    );
  const asked = 200 * CRASH_FOR;
  const none = waiting({ requests: 0, window: s(10) });

  it("holds what cannot be served, and serves it when the server is back", () => {
    expect(none).toBeGreaterThan(asked * 0.8);
    expect(waiting(PATIENT)).toBe(0);
  });

  it("is bounded in number: beyond, the oldest gives way", () => {
    // Three routers of ten places each, which requests (200/s) share with the probes of three vantages (100/s each): 12 of 30.
    const saved = none - waiting({ requests: 10, window: s(10) });
    expect(saved).toBeGreaterThanOrEqual(9);
    expect(saved).toBeLessThanOrEqual(18);
  });

  it("is bounded in time: who has waited so long is refused", () => {
    // Those whose first failure was in the last 300 ms, or who were on their way.
    const saved = none - waiting({ requests: 1_000, window: ms(300) });
    expect(saved).toBeGreaterThan(45);
    expect(saved).toBeLessThan(95);
  });

  it("bridges a failover for clients that wait long enough", () => {
    const faults = [fault({ kind: "hostDeath", target: [{ kind: "server", server: 0 }] }, s(4), undefined)];
    expect(waiting(PATIENT, { faults, failover: true })).toBe(0);
    expect(waiting({ requests: 0, window: s(10) }, { faults, failover: true })).toBeGreaterThan(60);
    expect(waiting(PATIENT, { faults, failover: true, client: { deadline: s(4), timeout: ms(100), retries: 0 } })).toBeGreaterThan(50);
  });
});

describe("operations on several shards", () => {
  const scans = (routing: "proxy" | "smartClient", onFailure: "refuse" | "return"): RunRecord => {
    const base = spec(routing, {
      faults: [fault({ kind: "hostDeath", target: [{ kind: "server", server: 0 }] }, s(4), s(2))],
      client: { timeout: ms(300) },
    });
    const options = { ...(base.parts.routing.options as object), scatter: { onFailure } };
    return simulate(
      {
        ...base,
        cluster: { ...base.cluster, shards: 3 },
        workload: [{ ...base.workload[0]!, mix: { scan: 1 }, arrivals: { kind: "poisson", rate: 50 }, scan: { length: constant(5) } }],
        parts: { ...base.parts, routing: { name: routing, options } },
      },
      partsOf(),
    );
  };
  const partial = (record: RunRecord): number => record.operations.reduce((sum, row) => sum + (row.partial ?? 0), 0);

  it("are scattered and gathered by the router, whole or in part as it is told", () => {
    const [refusing, returning] = [scans("proxy", "refuse"), scans("proxy", "return")];
    expect(total(refusing, "issued")).toBe(total(scans("smartClient", "refuse"), "issued"));
    expect([refusing.requests.neverEnded, returning.requests.neverEnded]).toEqual([0, 0]);
    expect(total(refusing, "good")).toBeGreaterThan(300);
    expect(partial(refusing)).toBe(0);
    // Two seconds without one of three shards, at 50/s.
    expect(partial(returning)).toBeGreaterThan(20);
  });

  it("end once where a part gives way in the buffer to another of the same operation", () => {
    const base = spec("proxy", {
      buffer: { requests: 1, window: s(5) },
      routers: ["b"],
      faults: [crashOfAll],
      client: { timeout: ms(300) },
    });
    const record = simulate(
      {
        ...base,
        cluster: { ...base.cluster, shards: 3 },
        workload: [{ ...base.workload[0]!, mix: { scan: 0.5, read: 0.5 }, scan: { length: constant(5) } }],
      },
      partsOf(),
    );
    expect([record.requests.endedOnce, record.requests.neverEnded]).toEqual([record.requests.issued, 0]);
    expect(total(record, "attempts")).toBeGreaterThan(record.requests.issued);
  });
});

describe("faults of routers", () => {
  it("leave nothing behind, and a run is the same twice", () => {
    const faults = [crash, routerDies(1), fault({ kind: "pause", target: [{ kind: "role", role: "router", which: 2 }] }, s(6), s(2))];
    let [messages, operations] = [-1, -1];
    const ended: RunOptions["ended"] = ({ messages: live, ledger, drain }) => {
      drain(s(60));
      [messages, operations] = [live(), ledger.operations.live()];
    };
    const client = { timeout: ms(300), retries: 3 };
    const one = run({ faults, client, failover: true }, { ended });
    expect(messages).toBeLessThan(20);
    expect(operations).toBeLessThan(1_200);
    expect([one.requests.endedOnce, one.requests.neverEnded]).toEqual([one.requests.issued, 0]);
    expect(run({ faults, client, failover: true }).digest).toBe(one.digest);
  });
});
