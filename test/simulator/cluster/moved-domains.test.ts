/** Copies that move because servers come and go stay apart as the placement put them, however its domain is written. */
import { expect, it } from "vitest";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { OperationSpec, RunSpec } from "../../../src/simulator/cluster/spec.ts";
import { partsOf } from "./build.ts";
import { constant, ms, s, smallSpec } from "./small-run.ts";

const ZONES = ["a", "b", "c"];
const PER_ZONE = 4;

/** Zones of the servers that hold each shard once servers 0 to 2, all of zone a, have left. */
function zonesAfter(placement: RunSpec["parts"]["placement"]): readonly (readonly string[])[] {
  const spec = smallSpec({
    warmup: ms(100),
    duration: s(4),
    settle: s(10),
    cluster: {
      shards: 12,
      replicas: 3,
      regions: [{ name: "r", zones: ZONES.map((name) => ({ name, racks: [{ name, servers: PER_ZONE }] })) }],
    },
    data: { tables: [{ name: "users", rows: 100, row: 100, key: "id" }] },
  });
  const operations = [0, 1, 2].map((server): OperationSpec => ({
    name: `remove ${server}`,
    label: "remove",
    at: constant(ms(500)),
    action: { kind: "remove", server },
    throttle: 0,
    cutover: "forwarding",
  }));
  let held: readonly (readonly string[])[] = [];
  simulate(
    {
      ...spec,
      workload: [{ ...spec.workload[0]!, arrivals: { kind: "poisson", rate: 20 } }],
      hosts: { ...spec.hosts, rebalancer: [{ kind: "zone", name: "b" }] },
      operations,
      parts: { ...spec.parts, placement, replication: { name: "synchronous", options: {} }, failover: { name: "none", options: {} } },
    },
    partsOf(),
    {
      ended: ({ ledger }) => {
        held = ledger.shards.map(({ stores }) =>
          stores.filter((store) => !store.destroyed()).map(({ server }) => ZONES[Math.floor(server / PER_ZONE)]!),
        );
      },
    },
  );
  return held.map((zones) => [...zones].sort());
}

it.each([
  ["spread", "zone"],
  ["spread", { domain: "zone", allowFewer: true }],
  ["random", { domain: "zone" }],
  ["copysets", { domain: "zone" }],
  ["ringSuccessors", { domain: "zone", virtualNodes: 1 }],
] as const)("%s %o keeps a copy in each zone when servers leave", (name, options) => {
  const zones = zonesAfter({ name, options });
  expect(zones).toHaveLength(12);
  for (const of of zones) expect(of).toEqual(ZONES);
});
