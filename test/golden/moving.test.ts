/** A shard that moves, line by line: a second server joins the one that has two shards. `UPDATE=1` rewrites the file; read the diff. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { simulate } from "../../src/simulator/cluster/cluster.ts";
import { INVARIANTS } from "../../src/study/checks/invariants.ts";
import { partsOf } from "../simulator/cluster/build.ts";
import { constant, s, smallSpec } from "../simulator/cluster/small-run.ts";
import { tell } from "./tell.ts";

const FILE = new URL("adding.txt", import.meta.url);

it("a server joins at 4 s: a copy, what was written meanwhile, the hand-over, and the old copy goes", () => {
  const base = smallSpec({
    seed: 7,
    duration: s(10),
    settle: s(5),
    cluster: { shards: 2, replicas: 1, regions: [{ name: "r", zones: ["a", "b", "c"].map((name) => ({ name, racks: [{ name, servers: name === "a" ? 1 : 0 }] })) }] },
  });
  const record = simulate(
    {
      ...base,
      hosts: { ...base.hosts, rebalancer: [{ kind: "zone", name: "c" }] },
      parts: { ...base.parts, replication: { name: "none", options: {} }, failover: { name: "none", options: {} } },
      operations: [{ name: "add", label: "add 1 servers", at: constant(4_000_000), action: { kind: "add", zones: ["b"] }, throttle: 1_000_000, cutover: "forwarding" }],
    },
    partsOf(),
  );
  const text = tell("a second server joins at 4 s", record);
  if (process.env["UPDATE"] === "1") writeFileSync(FILE, text);
  expect(text).toBe(readFileSync(FILE, "utf8"));

  for (const invariant of INVARIANTS) expect([invariant.name, invariant.judge(record).kind]).not.toEqual([invariant.name, "broken"]);
  expect(record.outages).toEqual([]);
  expect([record.data.lossWrites, record.data.staleReads, record.quiescent]).toEqual([0, 0, true]);
});
