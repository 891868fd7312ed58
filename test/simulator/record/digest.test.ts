import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDigest, type Digest } from "../../../src/simulator/record/digest.ts";

const of = (fill: (digest: Digest) => void): string => {
  const digest = createDigest();
  fill(digest);
  return digest.hex();
};
const ones = (hex: string): number => BigInt(`0x${hex}`).toString(2).replaceAll("0", "").length;
const apart = (a: string, b: string): number => ones((BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(16));

describe("a digest", () => {
  it("is the same on every machine", () => {
    expect(of(() => {})).toMatchInlineSnapshot(`"3864dac6736095a9"`);
    expect(
      of((digest) => {
        digest.number(0.1);
        digest.int32(-7);
        digest.text("primary-crash µs");
        digest.number(2 ** 53);
      }),
    ).toMatchInlineSnapshot(`"9944cb67e4e6ca9f"`);
  });

  it("differs wherever the sequence of values differs: in order, number, kind, sign of zero, borders of texts", () => {
    const texts = [
      of((d) => d.number(1)),
      of((d) => d.int32(1)),
      of((d) => d.text("1")),
      of((d) => d.number(0)),
      of((d) => d.number(-0)),
      of((d) => d.number(NaN)),
      of(() => {}),
      of((d) => {
        d.int32(0);
        d.int32(0);
      }),
      of((d) => d.int32(0)),
      of((d) => {
        d.int32(1);
        d.int32(2);
      }),
      of((d) => {
        d.int32(2);
        d.int32(1);
      }),
      of((d) => {
        d.text("ab");
        d.text("c");
      }),
      of((d) => {
        d.text("a");
        d.text("bc");
      }),
      of((d) => d.text("abc")),
      of((d) => d.text("")),
      of((d) => d.text("a")),
      of((d) => d.text("a\u0000")),
    ];
    expect(new Set(texts).size).toBe(texts.length);
  });

  it("takes every NaN as the same, and reading it changes nothing", () => {
    const digest = createDigest();
    digest.number(0 / 0);
    const first = digest.hex();
    expect(digest.hex()).toBe(first);
    expect(of((d) => d.number(Number.NaN))).toBe(first);
  });

  it("changes half its bits for any one bit of a number, wherever it stands", () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { minLength: 1, maxLength: 20 }), fc.nat(), fc.nat(63), (numbers, where, bit) => {
        const changed = Float64Array.from(numbers);
        const view = new DataView(changed.buffer);
        const place = 8 * (where % numbers.length) + (bit >> 3);
        view.setUint8(place, view.getUint8(place) ^ (1 << (bit & 7)));
        fc.pre(changed.every((x) => !Number.isNaN(x)) && numbers.every((x) => !Number.isNaN(x)));
        const difference = apart(
          of((d) => numbers.forEach(d.number)),
          of((d) => changed.forEach((x) => d.number(x))),
        );
        expect(difference).toBeGreaterThan(8);
        expect(difference).toBeLessThan(56);
      }),
    );
  });

  it("spreads: over many small changes 32 bits flip on average, and 60,000 neighbours never collide", () => {
    let flipped = 0;
    const seen = new Set<string>();
    let last = of((d) => d.int32(-1));
    for (let i = 0; i < 60_000; i += 1) {
      const hex = of((d) => {
        d.int32(i >> 8);
        d.int32(i & 255);
      });
      seen.add(hex);
      if (i < 5_000) flipped += apart(hex, last);
      last = hex;
    }
    expect(seen.size).toBe(60_000);
    expect(Math.abs(flipped / 5_000 - 32)).toBeLessThan((5 * 4) / Math.sqrt(5_000));
  });
});
