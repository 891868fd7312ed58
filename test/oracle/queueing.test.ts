/** At half load, where 30,000 customers tell 5 %; test/slow has the loads of the tables. */
import { expect, it } from "vitest";
import { casesOf, held, notHeld } from "./verdicts.ts";

const HALF = { load: "50%", customers: "30k" };

it("one server behaves as the queue that its scenario makes it: M/M/1, M/M/c, M/G/1, M/M/1/K, closed loop", () => {
  expect(notHeld(casesOf("queueing", { set: HALF }))).toEqual([]);
});

it("and servers 5 % slower than told, a run that is not empty at its start, or a load that waits for the server, would be seen", () => {
  expect(held(casesOf("queueing", { set: HALF, plant: true }))).toEqual([]);
});
