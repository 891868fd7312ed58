import { describe, expect, it } from "vitest";
import { anchor } from "../../../src/modules/sharding/anchor.ts";
import { databaseTable } from "../../../src/modules/sharding/database-table.ts";
import { jump } from "../../../src/modules/sharding/jump.ts";
import { maglev } from "../../../src/modules/sharding/maglev.ts";
import { modulo } from "../../../src/modules/sharding/modulo.ts";
import { multiProbe } from "../../../src/modules/sharding/multi-probe.ts";
import { rendezvous } from "../../../src/modules/sharding/rendezvous.ts";
import { ring } from "../../../src/modules/sharding/ring.ts";
import type { Member, Sharding } from "../../../src/modules/sharding/sharding.ts";
import { countsOf, draws, made, numbered, published, textKeys } from "./data.ts";

const keys = textKeys(100_000);

/** How many standard deviations the counts' chi-square lies above its mean, against the expected shares. */
function chiSquareZ(counts: ArrayLike<number>, shares: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < counts.length; i += 1) total += counts[i] as number;
  let sum = 0;
  for (let i = 0; i < counts.length; i += 1) {
    const expected = total * (shares[i] as number);
    sum += ((counts[i] as number) - expected) ** 2 / expected;
  }
  const freedom = counts.length - 1;
  return (sum - freedom) / Math.sqrt(2 * freedom);
}
const fit = (sharding: Sharding, shares: ArrayLike<number> = sharding.shares?.() ?? []): number =>
  chiSquareZ(countsOf(sharding, keys), shares);

describe("keys fall as the shares say", () => {
  const weighted: Member[] = Array.from({ length: 12 }, (_, i) => ({ name: `server-${i}`, weight: 1 + (i % 4) }));
  const cases: Record<string, Sharding> = {
    modulo: made(modulo(numbered(40))),
    "database × table, table first": made(databaseTable({ databases: 5, tables: 8 })),
    "database × table, database first": made(databaseTable({ databases: 5, tables: 8, order: "database-first" })),
    "database × table, independent": made(databaseTable({ databases: 5, tables: 8, order: "independent" })),
    jump: made(jump(numbered(40))),
    ring: made(ring(numbered(40))),
    "weighted ring": made(ring(weighted)),
    rendezvous: made(rendezvous(numbered(40))),
    "weighted rendezvous": made(rendezvous(weighted)),
    maglev: made(maglev(numbered(40))),
    "multi-probe": made(multiProbe(numbered(40))),
    "multi-probe, 2 probes": made(multiProbe(numbered(40), { probes: 2 })),
    anchor: made(made(made(anchor(numbered(42), { capacity: 100 })).without("shard-7")).without("shard-30")),
  };
  for (const [label, sharding] of Object.entries(cases)) {
    it(`of ${label}`, () => expect(Math.abs(fit(sharding))).toBeLessThan(4));
  }
  it("and a share that is 5 % too large would be seen", () => {
    for (const [label, sharding] of Object.entries(cases)) {
      const wrong = sharding.shares?.() ?? new Float64Array(0);
      for (let i = 0; i < wrong.length; i += 2) wrong[i] = (wrong[i] as number) * 1.05;
      const total = wrong.reduce((sum, share) => sum + share, 0);
      expect([
        label,
        fit(
          sharding,
          wrong.map((share) => share / total),
        ) > 4,
      ]).toEqual([label, true]);
    }
  });
  it("and weights honoured by the wrong formula, weight times a uniform score, would be seen", () => {
    const uniform = draws(3);
    const counts = new Float64Array(12);
    for (let i = 0; i < 20_000; i += 1) {
      let best = 0;
      let bestScore = -1;
      for (const [j, { weight = 1 }] of weighted.entries()) {
        const score = uniform() * weight;
        if (score > bestScore) [best, bestScore] = [j, score];
      }
      counts[best] = (counts[best] as number) + 1;
    }
    const shares = cases["weighted rendezvous"]?.shares?.() ?? [];
    expect(chiSquareZ(counts, shares)).toBeGreaterThan(4);
    expect(Math.abs(chiSquareZ(countsOf(cases["weighted rendezvous"] as Sharding, textKeys(20_000)), shares))).toBeLessThan(4);
  });
  it("a weighted ring's shares are near the weights, by the deviation that its points allow", () => {
    const shares = cases["weighted ring"]?.shares?.() ?? new Float64Array(12);
    for (const [i, { weight = 1 }] of weighted.entries()) {
      expect(Math.abs((shares[i] as number) / (weight / 30) - 1) * Math.sqrt(128 * weight)).toBeLessThan(4);
    }
  });
});

describe("a rendezvous member that leaves", () => {
  it("leaves its keys to the others in proportion to their weights", () => {
    const members: Member[] = [
      { name: "a", weight: 1 },
      { name: "b", weight: 2 },
      { name: "c", weight: 4 },
      { name: "d", weight: 3 },
    ];
    const before = made(rendezvous(members));
    const after = made(rendezvous(members.slice(0, 3)));
    const counts = [0, 0, 0];
    for (let i = 0; i < keys.count; i += 1) {
      if (before.ownerOf(keys.at(i)) !== 3) continue;
      const heir = after.ownerOf(keys.at(i));
      counts[heir] = (counts[heir] as number) + 1;
    }
    expect(Math.abs(chiSquareZ(counts, [1 / 7, 2 / 7, 4 / 7]))).toBeLessThan(4);
    expect(chiSquareZ(counts, [1 / 3, 1 / 3, 1 / 3])).toBeGreaterThan(4);
  });
});

describe("the ring's shares", () => {
  /** Relative standard deviations of key-space shares over several rings, and the standard error of their mean. */
  const deviation = (members: number, virtualNodes: number, rings: number): { mean: number; error: number } => {
    const values = Array.from({ length: rings }, (_, r) => {
      const shares = made(ring(numbered(members, `ring${r}`), { virtualNodes })).shares?.() ?? new Float64Array(0);
      return Math.sqrt(shares.reduce((sum, share) => sum + (share * members - 1) * (share * members - 1), 0) / members);
    });
    const mean = values.reduce((sum, v) => sum + v, 0) / rings;
    const spread = values.reduce((sum, v) => sum + (v - mean) * (v - mean), 0) / (rings - 1);
    return { mean, error: Math.sqrt(spread / rings) };
  };
  const { theory_n1000: theory, karger } = published<{
    theory_n1000: { points_per_bucket: number; std: number }[];
    karger: { points_per_bucket: number; std_error: number }[];
  }>("jump-hash", "jump-balance-table");
  for (const [i, rings] of [30, 20, 6].entries()) {
    const { points_per_bucket: points, std } = theory[i] as { points_per_bucket: number; std: number };
    it(`deviate as jump's paper and the beta law have it with ${points} points a member`, () => {
      const { mean, error } = deviation(1000, points, rings);
      expect(Math.abs(mean - std) / error).toBeLessThan(4);
      expect(Math.abs(mean - (karger[i]?.std_error ?? 0)) / error).toBeLessThan(4);
      // A tenth of the points lost would be seen.
      expect(Math.abs(mean - std * Math.sqrt(1 / 0.9)) / error).toBeGreaterThan(4);
    });
  }
});

describe("multi-probe's peak", () => {
  const table = published<{
    computed_exact_integral_random_rings: { n: number; k: number; peak_to_avg_mean: number; std_rel: number; limit: number | null }[];
  }>("hashing-balance", "multi-probe");
  const rings = 60;
  for (const n of [10, 100, 1000]) {
    it(`and deviation are the published exact integrals for ${n} members, and near k/(k - 1) for many`, () => {
      for (const { k, peak_to_avg_mean: peak, std_rel: std, limit } of table.computed_exact_integral_random_rings.filter(
        (row) => row.n === n,
      )) {
        const runs = n === 1000 ? 10 : rings;
        const peaks: number[] = [];
        const deviations: number[] = [];
        for (let r = 0; r < runs; r += 1) {
          const shares = made(multiProbe(numbered(n, `probe${r}`), { probes: k })).shares?.() ?? new Float64Array(0);
          peaks.push(Math.max(...shares) * n);
          deviations.push(Math.sqrt(shares.reduce((sum, share) => sum + (share * n - 1) * (share * n - 1), 0) / n));
        }
        for (const [values, reference] of [
          [peaks, peak],
          [deviations, std],
        ] as const) {
          const mean = values.reduce((sum, v) => sum + v, 0) / runs;
          const error = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) * (v - mean), 0) / (runs - 1) / runs);
          // The published mean is over random rings too, of a number that is not given: at least as wide again.
          expect([n, k, Math.abs(mean - reference) < 4 * Math.SQRT2 * error + 0.002]).toEqual([n, k, true]);
        }
        // An average over finitely many members, so within a few hundredths of the limit.
        if (limit !== null && n === 1000) expect(Math.abs(peaks.reduce((sum, v) => sum + v, 0) / runs / limit - 1)).toBeLessThan(0.02);
      }
    });
  }
});

describe("Maglev's table", () => {
  it("gives 1000 equal members entries that differ by one, so at most 2 % at 65537 and 0.2 % at 655373", () => {
    for (const tableSize of [65_537, 655_373]) {
      const entries = (made(maglev(numbered(1000), { tableSize })).shares?.() ?? new Float64Array(0)).map((share) =>
        Math.round(share * tableSize),
      );
      expect(Math.max(...entries) - Math.min(...entries)).toBe(1);
    }
  });
  it("changes little more than it must when one of 100 leaves", () => {
    const before = made(maglev(numbered(100)));
    const after = made(maglev(numbered(100).filter((_, i) => i !== 37)));
    let needless = 0;
    for (let entry = 0; entry < 65_537; entry += 1) {
      const from = before.members[before.table[entry] as number];
      if (from !== "shard-37" && from !== after.members[after.table[entry] as number]) needless += 1;
    }
    // NSDI 2016, section 5.3, figure 12, has a few percent for tables of 100 entries a member and more.
    expect(needless / 65_537).toBeLessThan(0.05);
    expect(needless).toBeGreaterThan(0);
  });
});
