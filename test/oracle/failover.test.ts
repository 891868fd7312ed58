/** A few repeats of each; test/slow has the hundreds that every twin takes, and the twins that need many. */
import { expect, it } from "vitest";
import { casesOf, held, notHeld } from "./verdicts.ts";

it("one monitor suspects a dead host after a time that is uniform in (T - h, T]", () => {
  expect(notHeld(casesOf("detection", { runs: 90 }))).toEqual([]);
});

it("an operator's delay shows in decision, a slow claim there too, a slow commit in publication, to the microsecond", () => {
  for (const part of ["operator", "metadata"]) {
    expect(notHeld(casesOf("phases", { runs: 4, set: { part } }))).toEqual([]);
    expect(held(casesOf("phases", { runs: 2, set: { part }, plant: true }))).toEqual([]);
  }
});

it("a client that keeps its map for 5 s reconnects after a time that is uniform in (0, 5 s]", () => {
  expect(notHeld(casesOf("phases", { runs: 40, set: { part: "ttl" } }))).toEqual([]);
});

it("what never recovers is censored and ranks last; what only lost a standby scores 0", () => {
  expect(notHeld(casesOf("phases", { runs: 3, set: { part: "ranks" } }))).toEqual([]);
  expect(held(casesOf("phases", { runs: 3, set: { part: "ranks" }, plant: true }))).toEqual([]);
});

it("availability.time is the share of time without a fault: exactly where faults are written out, exp(-d / g) under Poisson crashes", () => {
  expect(notHeld(casesOf("availability", { runs: 10 }))).toEqual([]);
});
