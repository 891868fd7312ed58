import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { formatProblem } from "../../../src/study/scenario/problem.ts";
import { readScenario } from "../../../src/study/scenario/read.ts";
import type { ReadOptions } from "../../../src/study/scenario/read.ts";
import { withoutLabels } from "../../../src/study/scenario/resolve.ts";
import type { Scenario, Strategy } from "../../../src/study/scenario/scenario.ts";
import { starterScenario } from "../../../src/study/scenario/starter.ts";
import { options } from "./fake-registry.ts";

const FOLDER = new URL("../../data/scenarios/valid/", import.meta.url);
const text = (name: string): string => readFileSync(new URL(`${name}.yaml`, FOLDER), "utf8");

/** The scenario of a text that has no problem; the test fails with the problems otherwise. */
function scenarioOf(given: string, more: Partial<ReadOptions> = {}): Scenario {
  const result = readScenario(given, options("s.yaml", {}, more));
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join("\n"));
  return result.scenario;
}

function strategyOf(scenario: Scenario, name: string): Strategy {
  const strategy = scenario.strategies.find((one) => one.name === name);
  if (strategy === undefined) throw new Error(`no strategy ${name}`);
  return strategy;
}

/** A scenario of one strategy with `lines` in it. */
const small = (lines: string): string => `name: small\n${lines}\n${/^strategies:/mu.test(lines) ? "" : "strategies: { plain: {} }\n"}`;
const runOf = (lines: string): Strategy["run"] => strategyOf(scenarioOf(small(lines)), "plain").run;

describe("the format's own first file", () => {
  const scenario = scenarioOf(text("primary-crash"));

  it("reads without a problem, strategies in the file's order", () => {
    expect(scenario.strategies.map(({ name }) => name)).toEqual(["async", "sync", "manual"]);
    expect([scenario.name, scenario.seed, scenario.repeats]).toEqual(["primary-crash", 7, 30]);
  });

  it("has its units resolved to microseconds, bytes, operations per second and shares", () => {
    const { run } = strategyOf(scenario, "async");
    expect([run.warmup, run.duration]).toEqual([5_000_000, 60_000_000]);
    expect(run.data.tables).toEqual([{ name: "users", rows: 1_000_000, row: 1000, key: "user_id" }]);
    expect(run.cluster.server.service.read).toEqual({ kind: "exponential", mean: 400 });
    expect(run.cluster.server.fsync).toEqual({ kind: "lognormal", median: 1000, at: 0.99, quantile: 6000 });
    expect(run.cluster.server.bandwidth).toBe(1_250_000_000);
    expect(run.workload[0]?.arrivals).toEqual({ kind: "poisson", rate: 4000 });
  });

  it("has a preset's mix and value where the file says nothing, and the file's keys instead of the preset's", () => {
    const [workload] = strategyOf(scenario, "async").run.workload;
    expect(workload).toMatchObject({
      mix: { read: 0.5, update: 0.5 },
      keys: { kind: "zipf", exponent: 0.99 },
      value: { kind: "constant", value: 100 },
      inserted: { kind: "constant", value: 1000 },
    });
  });

  it("lays a strategy's parts on the common ones: the same implementation merges, another replaces", () => {
    expect(strategyOf(scenario, "async").run.parts.replication).toEqual({ name: "asynchronous", options: { ship: { every: "50ms" } } });
    expect(strategyOf(scenario, "sync").run.parts.failover).toEqual({ name: "monitor", options: { heartbeat: "1s", misses: 3 } });
    expect(strategyOf(scenario, "manual").run.parts.failover.name).toBe("manual");
    expect(strategyOf(scenario, "manual").run.parts.fencing).toEqual({ name: "epoch", options: {} });
  });

  it("names the fault by its content", () => {
    const [fault] = strategyOf(scenario, "async").run.faults;
    expect(fault).toMatchObject({
      name: "hostDeath primary of shard 0 at uniform(20s..21s) for ever",
      label: "hostDeath primary of shard 0",
      path: "faults[0]",
    });
  });

  it("has each expectation with its place", () => {
    expect(scenario.expect.map(({ path, line, column }) => [path, line, column])).toEqual(
      [0, 1, 2, 3, 4].map((n) => [`expect[${n}]`, 26 + n, 5]),
    );
    expect(scenario.expect[2]).toMatchObject({
      metric: "recovery.time",
      of: ["sync"],
      statistic: "p90",
      bound: { kind: "below", value: 6_000_000 },
      confidence: 0.95,
    });
    expect(scenario.expect[4]).toMatchObject({ kind: "invariant", of: ["async", "sync", "manual"] });
  });
});

describe("a file with every key", () => {
  const scenario = scenarioOf(text("every-key"));
  const run = strategyOf(scenario, "plain").run;

  it("reads without a problem", () => expect(scenario.strategies).toHaveLength(5));

  it("has places in the order of their names, unnamed servers first", () => {
    expect(run.cluster.regions.map(({ name }) => name)).toEqual(["cloud", "eu", "us"]);
    expect(run.cluster.regions[1]?.zones[1]?.racks).toEqual([
      { name: "eu-b", servers: 1 },
      { name: "r1", servers: 2 },
      { name: "r2", servers: 1 },
    ]);
  });

  it("has directed overrides of latency, the most specific first, a direction before a pair", () => {
    const pairs = run.cluster.network.between.map(({ from, to }) => `${from}>${to}`);
    expect(pairs).toEqual(["metadata>monitor", "monitor>metadata", "eu-a>r1", "servers>web", "web>servers", "eu>us-a", "eu>us", "us>eu"]);
  });

  it("numbers equal faults, and sorts targets", () => {
    const names = run.faults.map(({ name }) => name);
    expect(names).toContain("cut zone eu-a - rest at 50s for 43s");
    expect(names).toContain("cut zone eu-a - rest at 50s for 43s#2");
    expect(names).toContain("cut rack r1 + region us -> clients batch + clients web in zone us-a + primaries + server 0 at 50s for ever");
    expect(names).toEqual([...names].sort());
  });

  it("merges client, hosts and cluster of a strategy as maps", () => {
    expect(strategyOf(scenario, "shorter").run.client).toMatchObject({ retries: 0, deadline: 3_000_000 });
    expect(strategyOf(scenario, "shorter").run.parts.failover.options).toEqual({ heartbeat: "2s", misses: 2 });
    const smaller = strategyOf(scenario, "small").run;
    expect(smaller.cluster).toMatchObject({ shards: 16, replicas: 3, server: { cores: 2, queue: 0 } });
    expect(smaller.hosts["metadata"]).toEqual([{ kind: "zone", name: "us-a" }]);
    expect(smaller.hosts["monitor"]).toHaveLength(3);
  });

  it("compares with all others when of: is all", () => {
    expect(scenario.expect[4]).toMatchObject({
      of: ["shorter", "other", "small", "empty"],
      bound: { kind: "lessThan", strategy: "plain" },
    });
  });

  it("reads bounds in the unit of their metric", () => {
    const bounds = scenario.expect.map((one) => (one.kind === "metric" ? one.bound : undefined));
    expect(bounds[2]).toEqual({ kind: "between", low: 1, high: 1.5 });
    expect(bounds[3]).toEqual({ kind: "between", low: 100, high: 200 });
    expect(bounds[5]).toEqual({ kind: "notWorseThan", strategy: "plain", margin: 1000 });
    expect(scenario.expect[1]).toMatchObject({ where: { window: { from: 20_000_000, to: 40_000_000 } }, bound: { value: 0.999 } });
  });
});

describe("defaults", () => {
  const { run } = strategyOf(scenarioOf(small("")), "plain");

  it("fill everything but the name and the strategies", () => {
    expect(run).toMatchObject({
      warmup: 5e6,
      duration: 60e6,
      settle: 60e6,
      slow: 5e5,
      window: 1e6,
      prober: { every: 1e4, deadline: 1e6 },
      faults: [],
    });
    expect(run.cluster).toMatchObject({ shards: 16, replicas: 3, clients: [{ name: "app", zones: ["a"], hosts: 1 }] });
    expect(run.workload).toHaveLength(1);
    expect(run.parts.sharding.name).toBe("slots");
    expect(run.parts.fencing.name).toBe("none");
  });

  it("stand in for a key without a value", () => {
    const empty = small("seed:\nlabels:\ncluster:\ndata:\nworkload:\nfaults:\ncommon:\nexpect:\nplugins:\nprober:");
    expect(scenarioOf(empty)).toEqual(scenarioOf(small("")));
  });

  it("put monitors, where there are any, into the first three zones and the metadata service into the last", () => {
    const four = "cluster: { regions: { y: { zones: { d: 1, e: 1 } }, x: { zones: { c: 1, b: 1 } } } }";
    for (const common of ["failover: none", "replication: synchronous"])
      expect(runOf(`${four}\ncommon: { ${common} }`).hosts).toEqual({ metadata: [{ kind: "zone", name: "e" }] });
    expect(runOf(`${four}\ncommon: { failover: monitor }`).hosts).toEqual({
      monitor: [
        { kind: "zone", name: "b" },
        { kind: "zone", name: "c" },
        { kind: "zone", name: "d" },
      ],
      metadata: [{ kind: "zone", name: "e" }],
    });
  });

  it("put clients into every zone that has servers", () => {
    expect(runOf("cluster: { regions: { x: { zones: { b: 1, a: 2, c: 0 } } } }").cluster.clients).toEqual([
      { name: "app", zones: ["a", "b"], hosts: 2 },
    ]);
  });

  it("take YCSB's own generator for its preset", () => {
    expect(runOf("workload: [ { preset: ycsb-a } ]").workload[0]).toMatchObject({
      mix: { read: 0.5, update: 0.5 },
      keys: { kind: "ycsbScrambledZipfian" },
      value: { kind: "constant", value: 100 },
      inserted: { kind: "constant", value: 1000 },
    });
  });
});

describe("columns of files", () => {
  const lines =
    "cluster: { server: { fsync: mix(90% 1ms 10% empirical(deep/times.csv write_us)) } }\nfaults: [ { at: 1s, crash: server 0, for: empirical(deep/times.csv down) } ]";
  const read = (csv: string): Strategy => {
    const scenario = scenarioOf(small(lines), { readText: (path) => (path === "deep/times.csv" ? csv : undefined) });
    return strategyOf(scenario, "plain");
  };

  it("are read into the distributions that name them", () => {
    const { run } = read("write_us,down\n100,1_000\n\n300,2e6\r\n");
    expect(run.cluster.server.fsync).toMatchObject({ kind: "mixture", parts: [{}, { of: { kind: "empirical", values: [100, 300] } }] });
    expect(run.faults[0]).toMatchObject({
      name: "processCrash server 0 at 1s for empirical(deep/times.csv down)",
      lasts: { length: { values: [1000, 2_000_000] } },
    });
  });

  it("are part of the resolved strategy: other contents are another run", () => {
    const [one, same, other] = ["1,2", "1,2", "1,3"].map((row) => JSON.stringify(read(`write_us,down\n${row}\n`).resolved));
    expect(same).toBe(one);
    expect(other).not.toBe(one);
  });
});

describe("placement", () => {
  it("takes a place for primaries beside its rule, or alone", () => {
    const cluster = "cluster: { regions: { eu: { zones: { a: 3 } } } }\n";
    const run = runOf(`${cluster}strategies: { plain: { placement: { spread: region, primaries: region eu } } }`);
    expect([run.parts.placement, run.primaries]).toEqual([
      { name: "spread", options: "region" },
      { kind: "region", name: "eu" },
    ]);
    const alone = runOf(`${cluster}common: { placement: { spread: server } }\nstrategies: { plain: { placement: { primaries: zone a } } }`);
    expect([alone.parts.placement, alone.primaries]).toEqual([
      { name: "spread", options: "server" },
      { kind: "zone", name: "a" },
    ]);
    expect(runOf("").primaries).toBeUndefined();
  });
});

/** `value` with the keys of every map and the items of every list in an order drawn from `draw`. */
function shuffled(value: unknown, draw: () => number): unknown {
  const mixed = <T>(items: readonly T[]): T[] =>
    items
      .map((item) => ({ item, at: draw() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  if (Array.isArray(value)) return mixed(value).map((item: unknown) => shuffled(item, draw));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(mixed(Object.entries(value)).map(([key, inner]) => [key, shuffled(inner, draw)]));
}

describe("the order of a file", () => {
  const file = parse(text("every-key")) as Record<string, unknown>;
  // Expectations say what is judged, in the file's order; all else is the runs'.
  const rest = Object.fromEntries(Object.entries(file).filter(([key]) => key !== "expect"));
  const resolved = (given: unknown): Record<string, string> =>
    Object.fromEntries(scenarioOf(JSON.stringify(given)).strategies.map((one) => [one.name, JSON.stringify(one.resolved)]));

  it("changes no resolved strategy, whatever list or map is reordered", () => {
    const expected = resolved(rest);
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (stream) => {
        const draw = (): number => Number(stream.next().value);
        expect(resolved(shuffled(rest, draw))).toEqual(expected);
      }),
      { seed: 1, numRuns: 15 },
    );
  });

  it("is not all that resolved strategies are made of: another cluster is another strategy", () => {
    const { plain, small: other } = resolved(rest);
    expect(plain).not.toBe(other);
  });
});

describe("labels", () => {
  it("do not reach what a run's key is made of, and all else does", () => {
    const key = (lines: string): string => JSON.stringify(withoutLabels(strategyOf(scenarioOf(lines), "plain").resolved));
    const base = "name: a\nquestion: b\nfaults: [ { at: 1s, crash: server 0, label: x } ]\nstrategies: { plain: {} }\n";
    expect(key(base.replace("name: a", "name: c").replace("label: x", "label: y").replace("question: b", "labels: { d: e }"))).toBe(
      key(base),
    );
    expect(key(base.replace("server 0", "server 1"))).not.toBe(key(base));
    expect(key(base.replace("1s", "2s"))).not.toBe(key(base));
  });

  it("do not tell strategies of equal content apart", () => {
    const { strategies } = scenarioOf("name: a\nstrategies: { plain: {}, same: { fencing: none }, other: { fencing: epoch } }\n");
    const [plain, same, other] = strategies.map(({ resolved }) => JSON.stringify(withoutLabels(resolved)));
    expect(same).toBe(plain);
    expect(other).not.toBe(plain);
  });
});

describe("the starter", () => {
  it("is a scenario", () => expect(scenarioOf(starterScenario("my-first.scenario_2")).name).toBe("my-first.scenario_2"));
});

describe("no text whatever", () => {
  const valid = text("every-key");
  const pieces = fc.constantFrom(
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "- ",
    "\n",
    "\n  ",
    "\t",
    "*a",
    "&a ",
    "!!x ",
    "? ",
    '"',
    "'",
    "#",
    "---\n",
    "\u0000",
    "null",
    "-1",
    "1e999",
    "server 99",
    "__proto__: 1",
    "<<: *a",
    "|",
    ">",
    "%",
    "@",
    "`",
    "\\",
    "é",
    "\r\n",
  );

  it("makes the reader throw; whatever it refuses has a place in the text", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(valid.length), fc.nat(12), pieces), { minLength: 1, maxLength: 4 }), (edits) => {
        const broken = edits.reduce((given, [at, length, piece]) => given.slice(0, at) + piece + given.slice(at + length), valid);
        const result = readScenario(broken, options("fuzz.yaml"));
        if (result.ok) return;
        expect(result.problems.length).toBeGreaterThan(0);
        const lines = broken.split("\n");
        for (const problem of result.problems) {
          expect(problem.column).toBeLessThanOrEqual((lines[problem.line - 1] ?? "").length + 1);
          expect(formatProblem(problem)).toContain(`fuzz.yaml:${problem.line}:${problem.column} `);
        }
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it.each([
    ["a hundred thousand lists", "[".repeat(100_000)],
    ["twenty thousand maps, closed", "{a: ".repeat(20_000) + "}".repeat(20_000)],
    ["a hundred lists in a map", `name: ${"[".repeat(100)}${"]".repeat(100)}`],
    ["twenty thousand dashes", "- ".repeat(20_000)],
    ["ten thousand question marks", "? ".repeat(10_000)],
    ["five hundred indents", Array.from({ length: 500 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join("")],
    ["a hundred indents", Array.from({ length: 100 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join("")],
    ["two million characters long", "# ".repeat(1_000_000)],
  ])("makes it throw: %s", (_, given) => {
    const result = readScenario(given, options("fuzz.yaml"));
    expect(result.ok ? [] : result.problems).toHaveLength(1);
  });
});
