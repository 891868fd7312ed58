/** Figures of SciPy, which nobody here wrote (test/data/statistics/scipy.json says which function gave each section). */
import { readFileSync } from "node:fs";
import { expect } from "vitest";

const reference: Readonly<Record<string, unknown>> = JSON.parse(
  readFileSync(new URL("../../data/statistics/scipy.json", import.meta.url), "utf8"),
);

/** The rows of the one section whose name begins with `name`, as the caller knows them to be. */
export function rows<Row>(name: string): readonly Row[] {
  const found = Object.keys(reference).filter((key) => key.split(" ")[0] === name);
  expect(found).toHaveLength(1);
  return reference[found[0]!] as readonly Row[];
}

/** Equal but for `tolerance` of the expected size. */
export function expectNear(actual: number, expected: number, tolerance: number, what: string): void {
  const error = Math.abs(actual - expected);
  expect(error <= tolerance * Math.max(Math.abs(expected), 1e-300), `${what}: ${actual}, reference ${expected}`).toBe(true);
}
