import { expect, it } from "vitest";
import { casesOf, held, notHeld } from "./verdicts.ts";

it("availability.time is the share of time without a fault: exactly where faults are written out, exp(-d / g) under Poisson crashes", () => {
  expect(notHeld(casesOf("availability", { runs: 30 }))).toEqual([]);
});

it("and faults 5 % longer than told would be seen", () => {
  expect(held(casesOf("availability", { runs: 30, plant: true }))).toEqual([]);
});
