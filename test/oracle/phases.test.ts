import { expect, it } from "vitest";
import { casesOf, held, notHeld } from "./verdicts.ts";

it("an operator's delay, a slow claim, a slow commit and a client's old map each show in their own phase; what never recovers ranks last", () => {
  expect(notHeld(casesOf("phases", { runs: 80 }))).toEqual([]);
});

it("and delays 5 % longer than told, or strategies with their names mixed up, would be seen", () => {
  expect(held(casesOf("phases", { runs: 80, plant: true }))).toEqual([]);
});
