import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStream, createStreams } from "../../../src/simulator/kernel/random.ts";
import { chiSquareZ, draws, kolmogorov, momentsZ, streamFor } from "./statistics.ts";

const ones = (word: number): number => (word >>> 0).toString(2).replaceAll("0", "").length;

describe("named streams", () => {
  it("give the same draws for the same seed and name on every machine", () => {
    const stream = createStreams(7).stream("workload/app/keys");
    expect([stream.int32(), stream.int32(), stream.uniform(), stream.uniform53(), stream.below(1000)]).toMatchInlineSnapshot(`
      [
        -2117553262,
        393951510,
        0.4310157059226185,
        0.6549030173191311,
        28,
      ]
    `);
    expect(createStreams("7").stream("workload/app/keys").int32()).toBe(createStreams(7).stream("workload/app/keys").int32());
  });

  it("do not depend on which others are asked for, when, or how far these are used", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.tuple(fc.string(), fc.nat(5)), { maxLength: 10 }), (name, others) => {
        const alone = createStreams(3).stream(name);
        const streams = createStreams(3);
        for (const [other, used] of others) if (other !== name) for (let i = 0; i < used; i += 1) streams.stream(other).int32();
        const amongOthers = streams.stream(name);
        for (let i = 0; i < 5; i += 1) expect(amongOthers.int32()).toBe(alone.int32());
      }),
    );
  });

  it("are one object a name: two users of one name share its draws", () => {
    const streams = createStreams(1);
    expect(streams.stream("a")).toBe(streams.stream("a"));
    expect(streams.stream("a")).not.toBe(streams.stream("b"));
  });

  it("tell seed from name: seed 1 with 2x is not seed 12 with x", () => {
    expect(createStreams(1).stream("2x").int32()).not.toBe(createStreams(12).stream("x").int32());
  });

  const neighbours: readonly (readonly [string, (i: number) => string])[] = [
    ["of neighbouring seeds", (i) => `${i}\u0000arrivals`],
    ["of one seed whose names differ in a number", (i) => `7\u0000replica ${i}.2/incarnation 1/election`],
    ["of names that differ at their start", (i) => `7\u0000${i} keys`],
  ];
  for (const [what, text] of neighbours) {
    it(`${what} are unrelated`, () => {
      const count = 20_000;
      const firsts = Array.from({ length: count }, (_, i) => {
        const stream = createStream(text(i));
        return [stream.uniform(), stream.uniform()] as const;
      });
      for (const place of [0, 1] as const) {
        expect(
          kolmogorov(
            Float64Array.from(firsts, (pair) => pair[place]),
            (x) => x,
          ),
        ).toBeLessThan(2.7);
        // The product of neighbours' deviations has mean 0 and variance 1/144 if they are independent.
        let sum = 0;
        for (let i = 1; i < count; i += 1) sum += (firsts[i]![place] - 0.5) * (firsts[i - 1]![place] - 0.5);
        expect(Math.abs(sum / Math.sqrt(count / 144))).toBeLessThan(5);
      }
      let flipped = 0;
      for (let i = 1; i < 2_000; i += 1) flipped += ones(createStream(text(i)).int32() ^ createStream(text(i - 1)).int32());
      expect(Math.abs(flipped - 16 * 1_999) / Math.sqrt(8 * 1_999)).toBeLessThan(5);
    });
  }

  it("start differently for 60,000 names", () => {
    const seen = new Set<string>();
    for (let i = 0; i < 60_000; i += 1) {
      const stream = createStream(`1\u0000server ${i}`);
      seen.add(`${stream.int32()},${stream.int32()}`);
    }
    expect(seen.size).toBe(60_000);
  });
});

describe("a stream", () => {
  it("is uniform, with 32 and with 53 bits, and its successive draws are unrelated", () => {
    for (const kind of ["uniform", "uniform53"] as const) {
      const stream = streamFor(kind);
      const sample = draws(200_000, stream[kind]);
      const z = momentsZ(sample, 1 / 2, 1 / 12);
      expect(Math.abs(z.mean)).toBeLessThan(4.5);
      expect(Math.abs(z.variance)).toBeLessThan(4.5);
      const pairs = new Array<number>(1_024).fill(0);
      for (let i = 0; i + 1 < sample.length; i += 2) pairs[Math.floor(sample[i]! * 32) * 32 + Math.floor(sample[i + 1]! * 32)]! += 1;
      expect(
        Math.abs(
          chiSquareZ(
            pairs,
            pairs.map(() => 100_000 / 1_024),
          ),
        ),
      ).toBeLessThan(5);
      expect(kolmogorov(sample, (x) => x)).toBeLessThan(2.7);
      expect(sample[0]! >= 0 && sample.at(-1)! < 1).toBe(true);
    }
  });

  it("has no favourite among the whole numbers below a bound, small, odd or beyond 2^21", () => {
    for (const bound of [1, 2, 3, 7, 1_000, 65_537, 3_000_000, 2 ** 32]) {
      const stream = streamFor(`below ${bound}`);
      const classes = Math.min(bound, 500);
      const seen = new Array<number>(classes).fill(0);
      const expected = seen.map((_, i) => ((Math.ceil(((i + 1) * bound) / classes) - Math.ceil((i * bound) / classes)) / bound) * 100_000);
      for (let i = 0; i < 100_000; i += 1) {
        const drawn = stream.below(bound);
        if (!Number.isInteger(drawn) || drawn < 0 || drawn >= bound) expect.fail(`${drawn} below ${bound}`);
        seen[Math.floor((drawn * classes) / bound)]! += 1;
      }
      if (bound > 1) expect(Math.abs(chiSquareZ(seen, expected))).toBeLessThan(5);
    }
    expect(() => streamFor("none").below(0)).toThrow(/below 0/);
  });
});
