/** What is still going on when measured time ends, or begins just when something else does: whole scenarios, as a file would say them. */
import { expect, it } from "vitest";
import type { RunRecord } from "../../../src/simulator/record/record.ts";
import { experiment } from "../../../src/study/verify/laboratory.ts";

const scenario = (replication: string, failover: string, faults: string, network = "{}"): string => `
name: settling
question: What becomes of it?
warmup: 1s
duration: 8s
prober: { every: 50ms }
cluster: { regions: { r: { zones: { a: 1, b: 1, c: 1 } } }, shards: 1, replicas: 3, network: ${network}, clients: [ { name: web, zones: [c], hosts: 2 } ] }
data: { tables: { users: { rows: 300 } } }
workload: [ { name: app, arrivals: { poisson: 120/s }, mix: { read: 20%, update: 80% }, from: clients web } ]
faults: [ ${faults} ]
strategies:
  one:
    placement: { spread: zone, primaries: zone a }
    replication: ${replication}
    failover: ${failover}
    hosts: { monitor: [ zone c, zone c, zone c ], metadata: [ zone c ] }
    client: { deadline: 2s, timeout: 500ms, learn: [ redirect, watch ] }
`;
const run = (...parts: Parameters<typeof scenario>): RunRecord =>
  experiment({ text: scenario(...parts), repeats: 1 }, (record) => record)[0]!;

const MONITOR = "{ monitor: { heartbeat: 1s, misses: 3 } }";
const SHIPPED_LATE = "{ asynchronous: { ship: { every: 500ms } } }";

it("a failover that is under way when measured time ends is waited for: what its successor lacks is lost", () => {
  const crash = "{ at: 7990ms, processCrash: server 0, for: ever }";
  const { data, quiescent } = run(SHIPPED_LATE, MONITOR, crash);
  expect(quiescent).toBe(true);
  expect(data.lossWrites).toBeGreaterThan(0);
  // With nobody to take over, the owner's disk is what counts.
  expect(run(SHIPPED_LATE, "none", crash).data.lossWrites).toBe(0);
});

it("a warm standby that is erased comes back with nothing, and is copied anew", () => {
  const { data, quiescent } = run(
    "{ asynchronous: { standbys: { warm: { every: 1s } } } }",
    MONITOR,
    "{ at: 2s, wipe: server 1, for: 1s }",
  );
  expect([quiescent, data.divergedReplicas, data.lossWrites]).toEqual([true, 0, 0]);
});

it("a standby that dies while it is being taken back is dropped again: the primary waits for it no longer", () => {
  const away = "{ at: 2s, hostDeath: server 1, for: 1500ms }";
  const isBack = ["synchronous", "{ monitor: { heartbeat: 200ms, misses: 3 } }"] as const;
  // What the primary has written while the claim was made is still on its long way to the standby.
  const far = "{ between: { a-b: 150ms } }";
  const chosen = (record: RunRecord): readonly number[] => record.facts.flatMap((fact) => (fact.kind === "chosen" ? [fact.at] : []));
  const [, takenBack] = chosen(run(...isBack, away, far));
  const record = run(...isBack, `${away}, { at: ${takenBack! + 20_000}us, hostDeath: server 1, for: 1h }`, far);
  expect(chosen(record)[1]).toBe(takenBack);
  const maps = record.facts.flatMap((fact) => (fact.kind === "map" ? [fact.members.join()] : []));
  // With measured time its fault ends too, and it is taken back after all.
  expect(maps).toEqual(["0,1,2", "0,2", "0,2", "0,1,2"]);
  expect(record.outages.every(({ closedAt, ended }) => ended !== "open" && closedAt < takenBack! + 5_000_000)).toBe(true);
});
