import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Random } from "../../../src/base/random.ts";
import { createAlias } from "../../../src/simulator/kernel/alias.ts";
import { compileDiscrete } from "../../../src/simulator/kernel/discrete.ts";
import { fnvHash64Modulo, fnvHash64Text } from "../../../src/simulator/kernel/fnv64.ts";
import { createYcsbLatest, createYcsbScrambledZipfian, createYcsbZipfian } from "../../../src/simulator/kernel/ycsb.ts";
import { createGrowingZipf, createZipf } from "../../../src/simulator/kernel/zipf.ts";
import { chiSquareZ, streamFor } from "./statistics.ts";

const COUNT = 200_000;

function frequencies(items: number, count: number, draw: () => number): number[] {
  const seen = new Array<number>(items).fill(0);
  for (let i = 0; i < count; i += 1) {
    const place = draw();
    if (!Number.isInteger(place) || place < 0 || place >= items) expect.fail(`${place} of ${items}`);
    seen[place]! += 1;
  }
  return seen;
}

/** Shares by the definition, with the language's own power. */
function zipfShares(items: number, exponent: number): number[] {
  const terms = Array.from({ length: items }, (_, i) => (i + 1) ** -exponent);
  const sum = terms.reduce((a, b) => a + b, 0);
  return terms.map((term) => term / sum);
}

const z = (seen: number, share: number, count: number): number => Math.abs(seen - share * count) / Math.sqrt(share * (1 - share) * count);

describe("Zipf", () => {
  for (const exponent of [0, 0.3, 0.99, 1, 1.2, 2.68]) {
    it(`with exponent ${exponent} has the shares of its definition, by table and by rejection-inversion alike`, () => {
      const items = 1_000;
      const shares = zipfShares(items, exponent);
      const stream = streamFor(`zipf ${exponent}`);
      const table = createZipf(items, exponent);
      const growing = createGrowingZipf(exponent);
      for (const draw of [() => table(stream), () => growing(stream, items)]) {
        expect(
          Math.abs(
            chiSquareZ(
              frequencies(items, COUNT, draw),
              shares.map((share) => share * COUNT),
            ),
          ),
        ).toBeLessThan(5);
      }
    });
  }

  it("would show an exponent that is 0.03 off", () => {
    const stream = streamFor("zipf twin");
    const draw = createZipf(1_000, 1.02);
    expect(
      chiSquareZ(
        frequencies(1_000, COUNT, () => draw(stream)),
        zipfShares(1_000, 0.99).map((share) => share * COUNT),
      ),
    ).toBeGreaterThan(10);
  });

  it("of a million items gives the shares that YCSB's zeta sums predict (0.99: 6.50 %, top ten 19.2 %, top 1 % 66.4 %)", () => {
    const stream = streamFor("zipf million");
    const draw = createZipf(1_000_000, 0.99);
    let first = 0;
    let ten = 0;
    let percent = 0;
    for (let i = 0; i < COUNT; i += 1) {
      const rank = draw(stream);
      if (rank === 0) first += 1;
      if (rank < 10) ten += 1;
      if (rank < 10_000) percent += 1;
    }
    expect(z(first, 0.06496945, COUNT)).toBeLessThan(4.5);
    expect(z(ten, 0.192057, COUNT)).toBeLessThan(4.5);
    expect(z(percent, 0.664271, COUNT)).toBeLessThan(4.5);
  });

  it("follows a number of items that changes from draw to draw, and one item is always 0", () => {
    const growing = createGrowingZipf(0.8);
    const stream = streamFor("growing");
    const small = new Array<number>(3).fill(0);
    for (let i = 0; i < 60_000; i += 1) {
      if (growing(stream, 1) !== 0 || growing(stream, 1e12) >= 1e12) expect.fail();
      small[growing(stream, 3)]! += 1;
    }
    expect(
      Math.abs(
        chiSquareZ(
          small,
          zipfShares(3, 0.8).map((share) => share * 60_000),
        ),
      ),
    ).toBeLessThan(5);
  });
});

describe("weights", () => {
  it("are met by the alias table, zeros included", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1e-3, max: 1e3, noNaN: true })), { minLength: 1, maxLength: 30 }),
        (weights) => {
          const sum = weights.reduce((a, b) => a + b, 0);
          fc.pre(sum > 0);
          const stream = streamFor("alias");
          const draw = createAlias(weights);
          const seen = frequencies(weights.length, 20_000, () => draw(stream));
          for (const [i, weight] of weights.entries()) {
            if (weight === 0) expect(seen[i]).toBe(0);
            else if (weight < sum) expect(z(seen[i]!, weight / sum, 20_000)).toBeLessThan(7);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("that are negative, all zero or of another number than the items are refused", () => {
    expect(() => createAlias([1, -1])).toThrow(/weight -1/);
    expect(() => createAlias([0, 0])).toThrow(/sum to 0/);
    expect(() => compileDiscrete({ kind: "weighted", weights: [1, 2] }, 3)).toThrow(/2 weights for 3 items/);
  });
});

describe("a hot set", () => {
  it("gives its share of the draws to its share of the items, alike inside and outside", () => {
    const stream = streamFor("hot");
    const draw = compileDiscrete({ kind: "hotSet", items: 0.2, draws: 0.8 }, 50);
    const expected = Array.from({ length: 50 }, (_, i) => (i < 10 ? 0.08 : 0.005) * COUNT);
    expect(
      Math.abs(
        chiSquareZ(
          frequencies(50, COUNT, () => draw(stream)),
          expected,
        ),
      ),
    ).toBeLessThan(5);
  });

  it("of all items, or among one, is uniform", () => {
    const stream = streamFor("hot edge");
    const all = compileDiscrete({ kind: "hotSet", items: 1, draws: 0.8 }, 4);
    expect(
      Math.abs(
        chiSquareZ(
          frequencies(4, COUNT, () => all(stream)),
          [0, 0, 0, 0].map(() => COUNT / 4),
        ),
      ),
    ).toBeLessThan(5);
    expect(compileDiscrete({ kind: "hotSet", items: 0.2, draws: 0.8 }, 1)(stream)).toBe(0);
    expect(compileDiscrete({ kind: "uniform" }, 1)(stream)).toBe(0);
  });
});

describe("YCSB's generators", () => {
  // github.com/brianfrankcooper/YCSB @d9faaac, core/src/main/java/site/ycsb: constants, and vectors computed from Utils.java.
  const VECTORS = ["6284781860667377211", "8517097267634966620", "1820151046732198393", "4052466453699787802", "3232700585171816769"];
  const TABLE = [
    { items: 1_000, zeta: 7.728953217, first: 0.12938363, second: 0.06514178 },
    { items: 10_000, zeta: 10.22436146, first: 0.09780562, second: 0.04924296 },
    { items: 100_000, zeta: 12.778338063, first: 0.07825744, second: 0.03940088 },
  ];

  it("hash as fnvhash64 does", () => {
    expect(VECTORS.map((_, i) => fnvHash64Text(i))).toEqual(VECTORS);
  });

  /** The same in 64-bit integers. */
  const fnv = (value: bigint): bigint => {
    let hash = 0xcbf29ce484222325n;
    for (let octet = 0n; octet < 8n; octet += 1n) hash = BigInt.asUintN(64, (hash ^ ((value >> (8n * octet)) & 0xffn)) * 1099511628211n);
    const signed = BigInt.asIntN(64, hash);
    return signed < 0n ? -signed : signed;
  };

  it("hash any whole number as 64-bit integers do, and take any remainder up to 2^36", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 2 ** 36 }), (value, modulus) => {
        expect(fnvHash64Text(value)).toBe(String(fnv(BigInt(value))));
        expect(fnvHash64Modulo(value, modulus)).toBe(Number(fnv(BigInt(value)) % BigInt(modulus)));
      }),
    );
  });

  /** A stream of given uniforms; `fine` takes two for one number, the second of no weight here. */
  const scripted = (values: readonly number[]): Random => {
    let next = 0;
    return { uniform: () => (next++ % 2 === 0 ? values[(next - 1) / 2]! : 0), below: () => expect.fail() };
  };
  const uniforms = Array.from({ length: 400 }, (_, i) => i / 400).concat([1 - 2 ** -32, 2 ** -32]);
  /** ZipfianGenerator.nextLong in the terms of its source, with the language's own power. */
  const nextLong = (u: number, { items, count, zetan }: { items: number; count: number; zetan: number }): number => {
    const theta = 0.99;
    const eta = (1 - (2 / items) ** (1 - theta)) / (1 - (1 + 0.5 ** theta) / zetan);
    const uz = u * zetan;
    if (uz < 1) return 0;
    if (uz < 1 + 0.5 ** theta) return 1;
    return Math.floor(count * (eta * u - eta + 1) ** (1 / (1 - theta)));
  };
  const zetaOf = (items: number): number => Array.from({ length: items }, (_, i) => 1 / (i + 1) ** 0.99).reduce((a, b) => a + b, 0);

  it("draw the ranks of the published formula, uniform by uniform", () => {
    for (const { items, zeta } of TABLE) {
      const zetan = zetaOf(items);
      expect(Math.abs(zetan / zeta - 1)).toBeLessThan(1e-9);
      const draw = createYcsbZipfian(items);
      const random = scripted(uniforms);
      expect(uniforms.map(() => draw(random))).toEqual(uniforms.map((u) => nextLong(u, { items, count: items, zetan })));
    }
  });

  it("give ranks 0 and 1 their published shares", () => {
    for (const { items, first, second } of TABLE) {
      const stream = streamFor(`ycsb ${items}`);
      const draw = createYcsbZipfian(items);
      let zeros = 0;
      let ones = 0;
      for (let i = 0; i < COUNT; i += 1) {
        const rank = draw(stream);
        if (rank === 0) zeros += 1;
        if (rank === 1) ones += 1;
      }
      expect(z(zeros, first, COUNT)).toBeLessThan(4.5);
      expect(z(ones, second, COUNT)).toBeLessThan(4.5);
    }
  });

  it("scramble by hashing a rank among 10^10, so that the hottest key has 3.778 % whatever the record count", () => {
    const ranks = { items: 10_000_000_001, count: 10_000_000_001, zetan: 26.46902820178302 };
    const draw = createYcsbScrambledZipfian(1_000);
    const random = scripted(uniforms);
    expect(uniforms.map(() => draw(random))).toEqual(uniforms.map((u) => Number(fnv(BigInt(nextLong(u, ranks))) % 1_000n)));

    const hottest = Number(fnv(0n) % 1_000_003n);
    const stream = streamFor("scrambled");
    const wide = createYcsbScrambledZipfian(1_000_003);
    let seen = 0;
    for (let i = 0; i < COUNT; i += 1) if (wide(stream) === hottest) seen += 1;
    expect(z(seen, 1 / 26.46902820178302, COUNT)).toBeLessThan(4.5);
  });

  it("favour the latest key as SkewedLatestGenerator does while keys are added, its stale constant and missing key 0 included", () => {
    const draw = createYcsbLatest(999);
    const random = scripted(uniforms);
    const lasts = uniforms.map((_, i) => 999 + Math.floor(i / 4));
    const expected = uniforms.map((u, i) => lasts[i]! - nextLong(u, { items: 999, count: lasts[i]!, zetan: zetaOf(lasts[i]!) }));
    expect(uniforms.map((_, i) => draw(random, lasts[i]!))).toEqual(expected);
    expect(Math.min(...expected)).toBeGreaterThan(0);
  });
});
