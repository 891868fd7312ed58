/** Regret: the best placement against trying every one, and what a record says of it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bestPlacement } from "../../../src/study/stats/best-placement.ts";
import { EVERYWHERE } from "../../../src/study/stats/metric.ts";
import { metricByName } from "../../../src/study/stats/metrics.ts";
import { makeRecord } from "../records.ts";

const falling = (loads: readonly number[]): readonly number[] => [...loads].sort((a, b) => b - a);

/** The least largest load over all ways to deal the keys. */
function tried(loads: readonly number[], hosts: number): number {
  const held = new Array<number>(hosts).fill(0);
  const place = (item: number): number => {
    if (item === loads.length) return Math.max(...held);
    let best = Infinity;
    for (let host = 0; host < hosts; host += 1) {
      held[host] = held[host]! + loads[item]!;
      best = Math.min(best, place(item + 1));
      held[host] = held[host]! - loads[item]!;
    }
    return best;
  };
  return place(0);
}

const loads = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 7 });

describe("the best placement", () => {
  it("of few keys is exact: what trying every placement finds", () =>
    fc.assert(
      fc.property(loads, fc.integer({ min: 1, max: 4 }), (keys, hosts) => {
        const best = tried(keys, hosts);
        expect(bestPlacement({ heaviest: falling(keys), next: 0, rest: 0 }, hosts)).toEqual({ least: best, reachable: best });
      }),
      { numRuns: 150 },
    ));

  it("of keys that are told only together lies between its bounds", () =>
    fc.assert(
      fc.property(loads, fc.integer({ min: 1, max: 4 }), fc.nat(5), (keys, hosts, told) => {
        const sorted = falling(keys);
        const others = sorted.slice(told);
        const items = { heaviest: sorted.slice(0, told), next: others[0] ?? 0, rest: others.reduce((sum, load) => sum + load, 0) };
        const { least, reachable } = bestPlacement(items, hosts);
        const best = tried(keys, hosts);
        expect(least).toBeLessThanOrEqual(best + 1e-9);
        expect(reachable).toBeGreaterThanOrEqual(best - 1e-9);
      }),
      { numRuns: 150 },
    ));

  it("a key hotter than all others together is the bound, and the bounds meet", () =>
    expect(bestPlacement({ heaviest: [100, 20, 10], next: 5, rest: 40 }, 3)).toEqual({ least: 100, reachable: 100 }));
});

describe("regret", () => {
  const regret = metricByName("regret")!;
  const record = (serverRequests: readonly number[], hotKeys?: { hottest: number[]; next: number; rest: number }) =>
    makeRecord({
      windows: { count: 1, serverRequests: [...serverRequests], serverKeys: [4, 1, 1], ...(hotKeys === undefined ? {} : { hotKeys }) },
    });

  it("is 0 for the best there is, and says that it is exact", () => {
    // Keys of 6, 3 and 3 requests on three servers: nothing is better than 6.
    const best = record([6, 3, 3], { hottest: [6, 3, 3], next: 0, rest: 0 });
    expect(regret.extract(best, EVERYWHERE, "max")).toEqual({ kind: "value", value: 0, note: "exact" });
  });

  it("is what a better placement would have saved: all on one server of three", () => {
    const all = record([12, 0, 0], { hottest: [6, 3, 3], next: 0, rest: 0 });
    // 3 times the mean of 4; 1.5 times is reachable.
    expect(regret.extract(all, EVERYWHERE, "max")).toEqual({ kind: "value", value: 1.5, note: "exact" });
  });

  it("is a lower bound where keys are told together, and says how far the best could be", () => {
    const many = record([1500, 1000, 500], { hottest: [100, 100], next: 90, rest: 2800 });
    // Reachable: 1000 + 2/3 of 90.
    expect(regret.extract(many, EVERYWHERE, "max")).toEqual({
      kind: "value",
      value: expect.closeTo(1.5 - 1.06, 9) as number,
      note: "at least; at most 0.500",
    });
  });

  it("of keys is against parts that differ by one", () => {
    expect(regret.extract(record([1, 1, 1]), { ...EVERYWHERE, what: "keys" }, "max")).toEqual({ kind: "value", value: 1, note: "exact" });
  });

  it("is unknown without load, by what no key is told of, and from a record that does not tell keys", () => {
    expect(regret.extract(record([0, 0, 0], { hottest: [], next: 0, rest: 0 }), EVERYWHERE, "max")).toMatchObject({ cause: "unexercised" });
    expect(regret.extract(record([1, 0, 0]), EVERYWHERE, "max")).toMatchObject({ cause: "unsupported" });
    expect(regret.extract(record([1, 0, 0]), { ...EVERYWHERE, what: "busy" }, "max")).toMatchObject({ cause: "unsupported" });
  });
});
