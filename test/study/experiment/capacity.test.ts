import fc from "fast-check";
import { expect, it } from "vitest";
import { builtIn, readScenario } from "../../../src/library.ts";
import type { DistributionSpec } from "../../../src/simulator/kernel/distribution-spec.ts";
import { distributionMean } from "../../../src/simulator/kernel/moments.ts";
import { searchLoad } from "../../../src/study/experiment/load-search.ts";
import { domainText, domainsOf, scaled, variantOf } from "../../../src/study/experiment/variant.ts";
import type { StrategyRun } from "../../../src/study/scenario/scenario.ts";

function runOf(more: string): StrategyRun {
  const read = readScenario(`name: x\nstrategies: { a: {} }\n${more}`, { file: "x", readText: () => undefined, ...builtIn() });
  const run = read.ok ? read.scenario.strategies[0]?.run : undefined;
  if (run === undefined) throw new Error("unread");
  return run;
}

it("the search ends with a load that holds and one that breaks, as near as asked, around the true threshold", () =>
  fc.assert(
    fc.property(fc.double({ min: 0.06, max: 15, noNaN: true }), fc.constantFrom(0.02, 0.05, 0.5), (threshold, precision) => {
      const search = searchLoad({ precision, least: 1 / 64, most: 16 });
      let tried = 0;
      for (let load = search.next(); load !== undefined; load = search.next()) {
        search.tell(load > threshold ? `over ${threshold}` : undefined);
        tried += 1;
      }
      const { holds, breaks, what } = search.found();
      expect(tried).toBeLessThan(20);
      expect(holds).toBeLessThanOrEqual(threshold);
      expect(breaks).toBeGreaterThan(threshold);
      expect((breaks ?? 0) / (holds ?? 1)).toBeLessThanOrEqual(1 + precision);
      expect(what).toBe(`over ${threshold}`);
    }),
  ));

it("what never breaks, and what always does, is said so after a bounded number of loads", () => {
  const ended = (broke: string | undefined): ReturnType<ReturnType<typeof searchLoad>["found"]> => {
    const search = searchLoad({ precision: 0.05, least: 1 / 64, most: 16 });
    for (let load = search.next(); load !== undefined; load = search.next()) search.tell(broke);
    return search.found();
  };
  expect(ended(undefined)).toEqual({ holds: 16, breaks: undefined, what: undefined });
  expect(ended("x")).toEqual({ holds: undefined, breaks: 1 / 64, what: "x" });
});

const positive = fc.double({ min: 1, max: 1e6, noNaN: true });
const specs: fc.Arbitrary<DistributionSpec> = fc.oneof(
  positive.map((value): DistributionSpec => ({ kind: "constant", value })),
  positive.map((from): DistributionSpec => ({ kind: "uniform", from, to: 3 * from })),
  positive.map((mean): DistributionSpec => ({ kind: "exponential", mean })),
  positive.map((mean): DistributionSpec => ({ kind: "normal", mean, sd: mean / 4 })),
  positive.map((median): DistributionSpec => ({ kind: "lognormal", median, at: 0.99, quantile: 4 * median })),
  positive.map((mean): DistributionSpec => ({ kind: "lognormalMoments", mean, sd: mean })),
  positive.map((mean): DistributionSpec => ({ kind: "gamma", shape: 2, mean })),
  positive.map((scale): DistributionSpec => ({ kind: "weibull", shape: 0.7, scale })),
  positive.map((min): DistributionSpec => ({ kind: "pareto", min, alpha: 3 })),
  positive.map((scale): DistributionSpec => ({ kind: "gpareto", location: 5, scale, shape: 0.3 })),
  positive.map((scale): DistributionSpec => ({ kind: "gev", location: 5, scale, shape: 0.3 })),
  positive.map((value): DistributionSpec => ({
    kind: "quantiles",
    points: [
      { at: 0, value },
      { at: 1, value: 2 * value },
    ],
  })),
  positive.map((value): DistributionSpec => ({ kind: "empirical", file: "f", column: "c", values: [value, 2 * value] })),
);

it("a scaled distribution has so many times the mean, whichever it is", () =>
  fc.assert(
    fc.property(specs, specs, fc.double({ min: 0.1, max: 10, noNaN: true }), (one, other, by) => {
      const mixed: DistributionSpec = {
        kind: "mixture",
        parts: [
          { weight: 0.3, of: one },
          { weight: 0.7, of: other },
        ],
      };
      const later: DistributionSpec = { kind: "shifted", by: 7, of: one };
      for (const spec of [one, mixed, later]) expect(distributionMean(scaled(spec, by)) / (by * distributionMean(spec))).toBeCloseTo(1, 9);
    }),
  ));

it("a variant asks so many times as much, whatever the arrivals, and has no faults but its own", () => {
  const faults = "faults: [ { at: 1s, hostDeath: server 0, for: ever } ]\noperations: [ { at: 1s, add: 3 servers } ]\n";
  const at = (arrivals: string): unknown =>
    variantOf(runOf(`${faults}workload: [ { name: w, arrivals: ${arrivals} } ]\n`), { load: 2, gone: undefined, longer: 0 }).workload[0]
      ?.arrivals;
  expect(at("{ poisson: 10/s }")).toEqual({ kind: "poisson", rate: 20 });
  expect(at("{ constant: 10/s }")).toEqual({ kind: "constant", rate: 20 });
  expect(at("{ mmpp: { rates: [1/s, 3/s], stay: [1s, 1s] } }")).toMatchObject({ rates: [2, 6], stay: [1e6, 1e6] });
  expect(at("{ gaps: exp(10ms) }")).toEqual({ kind: "gaps", gap: { kind: "exponential", mean: 5_000 } });
  expect(at("{ closed: { clients: 3 } }")).toMatchObject({ clients: 6 });
  const gone = variantOf(runOf(faults), { load: 1, gone: { kind: "zone", name: "b" }, longer: 5e6 });
  expect(gone.faults.map(({ action }) => action)).toEqual([
    { kind: "hostDeath", target: [{ kind: "location", location: "zone", name: "b" }] },
  ]);
  expect([gone.operations, gone.duration]).toEqual([undefined, 65e6]);
});

it("failure domains are zones, else racks, else servers", () => {
  const of = (regions: string): readonly string[] =>
    domainsOf(runOf(`cluster: { regions: ${regions} }\nplugins: []\ncommon: { placement: { spread: server } }\n`)).map(domainText);
  expect(of("{ r: { zones: { a: 1, b: 1, c: 1 } } }")).toEqual(["zone a", "zone b", "zone c"]);
  expect(of("{ r: { zones: { a: 3 } } }")).toEqual(["server 0", "server 1", "server 2"]);
});
