/** A few servers and customers; test/slow has the hundred. */
import { expect, it } from "vitest";
import { casesOf, held, notHeld } from "./verdicts.ts";

const FEW = { servers: "20", load: "0.6", choices: "1,2,4", customers: "30k" };

it("copies whose reads join the shortest of d queues are a supermarket", () => {
  expect(notHeld(casesOf("balancing", { set: FEW }))).toEqual([]);
});

it("and clients that know only their own requests, or servers 5 % slower, would be seen", () => {
  expect(held(casesOf("balancing", { set: { ...FEW, customers: "60k" }, plant: true }))).toEqual([]);
});
