/** Connection pools: what they bound, what opening one costs, and how dead connections are found. */
import { expect, it } from "vitest";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { RunSpec } from "../../../src/simulator/cluster/spec.ts";
import type { FaultAction } from "../../../src/simulator/faults/fault.ts";
import type { RunRecord } from "../../../src/simulator/record/record.ts";
import { INVARIANTS } from "../../../src/study/checks/invariants.ts";
import { partsOf } from "./build.ts";
import { constant, fault, ms, s, smallSpec } from "./small-run.ts";

type Pool = NonNullable<RunSpec["client"]["pool"]>;
const pool = (size: number, roundTrips = 2): Pool => ({ size, roundTrips, connectTimeout: s(1) });

/** Reads of 50 ms on a server of 64 cores, from one client host across a millisecond, and nobody who takes over. */
function run(
  given: Pool | undefined,
  { rate = 400, service = 50, faults = [] as RunSpec["faults"], timeout = 500, duration = 4 } = {},
): RunRecord {
  const base = smallSpec({
    warmup: ms(0),
    duration: s(duration),
    settle: s(10),
    faults,
    prober: { every: s(1), deadline: s(1) },
    cluster: { clients: [{ name: "web", zones: ["b"], hosts: 1 }] },
    server: { cores: 64, queue: 10_000, service: { read: constant(ms(service)), write: constant(ms(service)), apply: constant(1) } },
    client: { deadline: s(2), timeout: ms(timeout), retries: 0, budget: 1, ...(given === undefined ? {} : { pool: given }) },
  });
  const [app] = base.workload;
  const spec: RunSpec = {
    ...base,
    workload: [{ ...app!, mix: { read: 1 }, arrivals: { kind: "constant", rate } }],
    parts: { ...base.parts, failover: { name: "none", options: {} } },
  };
  const record = simulate(spec, partsOf());
  for (const invariant of INVARIANTS) expect([invariant.name, invariant.judge(record).kind]).not.toEqual([invariant.name, "broken"]);
  expect(record.requests.neverEnded).toBe(0);
  return record;
}
const read = (record: RunRecord): RunRecord["operations"][number] => record.operations.find(({ operation }) => operation === "read")!;
const answered = (record: RunRecord): number => read(record).latency.count;

it("as many requests are under way as there are connections, and the others wait their turn", () => {
  // Each connection carries one request in 50 ms and the way of 2: four of them 77 a second. Of 100 a second the 400th is
  // sent at 4 s and served at 5.2 s.
  const patient = { rate: 100, timeout: 1_900 };
  expect(read(run(undefined, patient)).latency.max).toBe(ms(52));
  const { count, max } = read(run(pool(4), patient)).latency;
  expect(count).toBe(answered(run(undefined, patient)));
  expect(Math.abs(max - s(400 / (4 / 0.052) - 4))).toBeLessThan(ms(80));
});

it("the first request on a connection waits for its round trips, the next finds it open", () => {
  const slowest = (roundTrips: number): number => read(run(pool(1, roundTrips), { rate: 5, service: 1 })).latency.max;
  const quickest = (roundTrips: number): number => read(run(pool(1, roundTrips), { rate: 5, service: 1 })).latency.min;
  // A round trip is 2 ms.
  expect([slowest(3) - slowest(1), slowest(1) - quickest(1)]).toEqual([4_000, 2_000]);
});

it("a crash is told at once, and the pool is opened anew; a host that dies silently is found when an attempt has waited long enough", () => {
  const struck = (kind: "processCrash" | "hostDeath"): RunRecord => {
    const action: FaultAction = { kind, target: [{ kind: "primaryOf", shard: 0 }] };
    return run(pool(4), { rate: 50, service: 5, faults: [fault(action, s(1), s(1))] });
  };
  const failedWithin = (record: RunRecord): number => read(record).refused + read(record).ambiguous;
  // Half of the requests of a second cannot be served under either; all is well a moment after.
  for (const kind of ["processCrash", "hostDeath"] as const) {
    const record = struck(kind);
    expect(failedWithin(record)).toBeGreaterThan(30);
    expect(failedWithin(record)).toBeLessThan(100);
    expect(answered(record) + failedWithin(record)).toBe(199);
  }
  // What was sent to the silent host may have taken effect, for all that its clients know; what waited for a connection did not.
  expect(read(struck("hostDeath")).ambiguous).toBeGreaterThan(0);
  expect(read(struck("hostDeath")).ambiguous).toBeLessThanOrEqual(12);
});
