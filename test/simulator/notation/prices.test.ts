import { expect, it } from "vitest";
import { HOURS_OF_MONTH, parsePrice } from "../../../src/simulator/notation/prices.ts";

const value = (text: string, kind: Parameters<typeof parsePrice>[1]): number => {
  const read = parsePrice(text, kind);
  return read.ok ? read.value : NaN;
};

it("a price is resolved to its hour, its GB, its GB and month", () => {
  expect(value("0.40/h", "time")).toBe(0.4);
  expect(value("292/month", "time")).toBeCloseTo(292 / HOURS_OF_MONTH, 12);
  expect(value("9.60/d", "time")).toBeCloseTo(0.4, 12);
  expect(value("0.01/GB", "size")).toBe(0.01);
  expect(value("10 / TB", "size")).toBeCloseTo(0.01, 12);
  expect(value("0.02/GB-month", "storage")).toBe(0.02);
  // A GiB is more than a GB, so that the same price for it is less for a GB.
  expect(value("1/GiB", "size")).toBeCloseTo(0.931_322_574_6, 9);
  expect(value("0", "time")).toBe(0);
});

it("what says no unit, another kind's unit, or less than nothing is refused with an example", () => {
  for (const [text, kind] of [
    ["0.40", "time"],
    ["0.40/GB", "time"],
    ["1/h", "size"],
    ["0.02/GB", "storage"],
    ["-1/h", "time"],
    ["dear", "time"],
    ["1h", "time"],
  ] as const) {
    const read = parsePrice(text, kind);
    expect(read.ok, text).toBe(false);
    if (!read.ok) expect(read.mend).toMatch(/^write such as/u);
  }
});
