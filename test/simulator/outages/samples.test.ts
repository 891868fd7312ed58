import fc from "fast-check";
import { expect, it } from "vitest";
import { createSamples } from "../../../src/simulator/cluster/samples.ts";

const LONGEST = 3_000_000;

it("samples keep everything up to and before a bad moment, as far back as a write may have been under way, and little of quiet times", () =>
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 20_000 }), fc.nat(400)), { minLength: 5, maxLength: 40, size: "max" }),
      (stretches) => {
        const samples = createSamples(1, 1, LONGEST);
        const all: { sentAt: number; since: number }[] = [];
        let now = 0;
        stretches.forEach(([gap, count], stretch) => {
          // Every fifth stretch something is amiss.
          const isQuiet = stretch % 5 !== 4;
          for (let i = 0; i < count; i += 1) {
            now += gap;
            samples.add(0, 0, now, now + 1_000, i, 1, 0, isQuiet);
            all.push({ sentAt: now, since: now });
            if (!isQuiet) for (const row of all) if (row.sentAt >= now - LONGEST) row.since = Infinity; // Must be there for good.
          }
        });
        const columns = samples.of(0, 0);
        const kept = new Set(columns.sentAt.subarray(0, columns.count));
        for (const { sentAt, since } of all) if (since === Infinity || sentAt >= now - LONGEST) expect(kept.has(sentAt)).toBe(true);
        expect([...columns.sentAt.subarray(0, columns.count)]).toEqual([...kept].sort((a, b) => a - b));
      },
    ),
    { numRuns: 20 },
  ));

it("a million samples of a quiet time take no more room than its last few seconds", () => {
  const samples = createSamples(1, 1, LONGEST);
  for (let i = 0; i < 1_000_000; i += 1) samples.add(0, 0, i * 1_000, i * 1_000 + 500, i, 1, 0, true);
  expect(samples.of(0, 0).sentAt.length).toBeLessThanOrEqual(16_384);
  expect(samples.of(0, 0).kept).toBe(0);
});
