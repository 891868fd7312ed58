/** The chance that failures on a circle keep their distance, against counting every choice. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { noneClose } from "../../../src/study/verify/scan.ts";

/** Of all ways to choose so many places of a circle, the share in which no `replicas` in a row lie within `width`. */
function counted(places: number, failed: number, replicas: number, width: number): number {
  let all = 0;
  let good = 0;
  for (let bits = 0; bits < 1 << places; bits += 1) {
    const chosen = Array.from({ length: places }, (_, place) => place).filter((place) => (bits >> place) & 1);
    if (chosen.length !== failed) continue;
    all += 1;
    const isClose = (from: number): boolean => {
      const last = chosen[(from + replicas - 1) % failed]!;
      return (last - chosen[from]! + places) % places <= width;
    };
    if (failed < replicas || !chosen.some((_, from) => isClose(from))) good += 1;
  }
  return good / all;
}

it("is what counting gives, for pairs and triples", () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 5, max: 11 }),
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom(2, 3),
      fc.integer({ min: 1, max: 4 }),
      (places, failed, replicas, width) => {
        fc.pre(failed <= places && 2 * width < places);
        expect(noneClose({ places, failed, replicas, width })).toBeCloseTo(counted(places, failed, replicas, width), 12);
      },
    ),
    { numRuns: 120 },
  ));
