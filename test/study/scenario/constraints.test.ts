/**
 * What a strategy's parts cannot do on its cluster, found before anything runs: each file of test/data/scenarios/constraints
 * beside its problems, with the parts that there really are. `UPDATE=1` rewrites them.
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { builtIn } from "../../../src/library.ts";
import { formatProblem } from "../../../src/study/scenario/problem.ts";
import { readScenario } from "../../../src/study/scenario/read.ts";
import type { StrategyRun } from "../../../src/study/scenario/scenario.ts";

const FOLDER = new URL("../../data/scenarios/constraints/", import.meta.url);
const read = (text: string, file = "s.yaml") => readScenario(text, { file, readText: () => undefined, ...builtIn() });

describe("a scenario whose parts cannot keep their promises gives every problem at its line and column", () => {
  it.each(readdirSync(FOLDER).filter((name) => name.endsWith(".yaml")))("%s", (file) => {
    const result = read(readFileSync(new URL(file, FOLDER), "utf8"), file);
    const found = result.ok ? "no problem\n" : `${result.problems.map(formatProblem).join("\n")}\n`;
    const golden = new URL(file.replace(".yaml", ".txt"), FOLDER);
    if (process.env["UPDATE"] === "1") writeFileSync(golden, found);
    expect(found).toBe(readFileSync(golden, "utf8"));
    expect(found).not.toBe("no problem\n");
  });
});

function runsOf(text: string): readonly StrategyRun[] {
  const result = read(text);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join("\n"));
  return result.scenario.strategies.map(({ run }) => run);
}

describe("a place has servers of its own", () => {
  const [run] = runsOf(`
name: mixed
cluster:
  server: { cores: 2, queue: 50, clock: { drift: 7 } }
  regions:
    eu:
      zones:
        a: { servers: 1, weight: 2, server: { cores: 8, clock: { offset: 3ms } }, racks: { r1: 2, r2: { servers: 1, weight: 5, server: { speed: 2 } } } }
        b: 4
strategies: { plain: {} }
`);
  const racks = run!.cluster.regions.flatMap(({ zones }) => zones.flatMap((zone) => zone.racks));

  it("what a zone says lies on what the cluster says, and a rack's on its zone's", () => {
    expect(racks.map(({ name, servers, weight }) => [name, servers, weight])).toEqual([["a", 1, 2], ["r1", 2, 2], ["r2", 1, 5], ["b", 4, undefined]]); // prettier-ignore
    expect(racks.map(({ server }) => [server?.cores, server?.queue, server?.speed])).toEqual([
      [8, 50, undefined],
      [8, 50, undefined],
      [8, 50, 2],
      [undefined, undefined, undefined],
    ]);
    expect(racks[2]?.server?.clock).toEqual({ offset: { kind: "constant", value: 3000 }, drift: { kind: "constant", value: 7 } });
  });
});

describe("sharding over servers", () => {
  const runs = runsOf(`
name: over
cluster: { regions: { eu: { zones: { a: 3, b: 2 } } } }
workload: [ { table: users } ]
data: { databases: 1, tables: { users: { rows: 10 }, orders: { rows: 20, boundTo: users } } }
strategies:
  servers: { sharding: { jump: {}, over: servers } }
  spread: { sharding: { jump: {}, over: servers }, placement: spread }
  tables: { sharding: { databaseTable: { databases: 3, tables: 5 } } }
  shards: { sharding: { jump: {}, over: shards } }
`);

  it("has one shard a server, whose successors hold the replicas unless another rule is written", () => {
    expect(runs.map(({ cluster, over, parts }) => [cluster.shards, over, parts.placement.name])).toEqual([
      [5, "servers", "ringSuccessors"],
      [5, "servers", "spread"],
      [15, undefined, "spread"],
      [16, undefined, "spread"],
    ]);
  });

  it("and a bound table is known by the one that it is bound to", () =>
    expect(runs[0]!.data.tables.map(({ name, boundTo }) => [name, boundTo])).toEqual([
      ["orders", "users"],
      ["users", undefined],
    ]));
});
