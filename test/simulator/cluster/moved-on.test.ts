/** What servers that once had a shard tell clients that know no better. */
import { expect, it } from "vitest";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import { partsOf } from "./build.ts";
import { constant, fault, ms, s, smallSpec } from "./small-run.ts";

it("a client that learns by redirects alone finds a shard that moved and was then taken over: former servers ask who has it", () => {
  const zones = ["a", "b", "c"].map((name) => ({ name, racks: [{ name, servers: 2 }] }));
  const spec = smallSpec({
    duration: s(12),
    settle: s(10),
    cluster: { shards: 1, replicas: 2, regions: [{ name: "r", zones }] },
    client: { learn: [{ kind: "redirect" }] },
    faults: [fault({ kind: "hostDeath", target: [{ kind: "primaryOf", shard: 0 }] }, ms(5_000), ms(6_000))],
  });
  const record = simulate(
    {
      ...spec,
      hosts: { ...spec.hosts, rebalancer: [{ kind: "zone", name: "b" }] },
      parts: {
        ...spec.parts,
        replication: { name: "synchronous", options: {} },
        failover: { name: "monitor", options: { heartbeat: 200_000, misses: 3, gather: 100_000 } },
      },
      // The two that it begins on.
      operations: [0, 2].map((server, place) => ({
        name: `remove ${server}`,
        label: "remove",
        at: constant((1 + place) * 1_000_000),
        action: { kind: "remove" as const, server },
        throttle: 0,
        cutover: "freeze" as const,
      })),
    },
    partsOf(),
  );
  const struck = record.outages.filter((outage) => outage.shard === 0);
  expect(struck.length).toBeGreaterThan(0);
  // The shard has left all servers that the clients began with, and its new primary is silent for 6 s.
  const holders = record.facts.flatMap((fact) => (fact.kind === "move" && fact.phase === "left" && fact.shard === 0 ? [fact.to] : []));
  expect(holders.sort((a, b) => a - b)).toEqual([0, 2]);
  for (const outage of struck) expect(outage.closedAt - outage.openedAt).toBeLessThan(3_000_000);
});
