/** At half load, where few customers tell 5 %; test/slow has the loads of the tables and every twin. */
import { expect, it } from "vitest";
import { casesOf, held, notHeld } from "./verdicts.ts";

const HALF = { load: "50%", customers: "30k" };
/** Those whose twin takes more customers than there is time for here. */
const BLUNT = /p99|share refused/u;
const sharp = (cases: ReturnType<typeof casesOf>): ReturnType<typeof casesOf> => cases.filter((one) => !BLUNT.test(one.case));

it("one server with Poisson arrivals behaves as the queue that its scenario makes it", () => {
  for (const set of [
    { model: "mm1", ...HALF },
    { model: "mmc", ...HALF, servers: "4" },
    { model: "mg1", ...HALF, customers: "10k" },
    { model: "mm1k", ...HALF },
    { model: "mmcc", ...HALF, servers: "4" },
  ]) {
    expect(notHeld(casesOf("queueing", { set }))).toEqual([]);
  }
});

it("and a server 5 % slower than told would be seen", () => {
  for (const set of [
    { model: "mm1", ...HALF },
    { model: "mmc", ...HALF, servers: "4" },
    { model: "mm1k", ...HALF },
  ]) {
    expect(held(sharp(casesOf("queueing", { set, plant: true })))).toEqual([]);
  }
});

it("a closed loop has the throughput and response time of the machine repairman, and N = X (R + Z)", () => {
  const set = { model: "closed", clients: "5", customers: "30k" };
  expect(notHeld(casesOf("queueing", { set }))).toEqual([]);
  expect(held(casesOf("queueing", { set, plant: true }))).toEqual([]);
});

it("cores are busy for as long as the demands they were given: U = X S", () => {
  const set = { model: "utilisation", customers: "20k" };
  expect(notHeld(casesOf("queueing", { set }))).toEqual([]);
  expect(held(casesOf("queueing", { set, plant: true }))).toEqual([]);
});

it("Little's law holds to the microsecond on a run drained to empty, and not on one that starts with operations on their way", () => {
  expect(notHeld(casesOf("queueing", { set: { model: "little" } }))).toEqual([]);
  expect(held(casesOf("queueing", { set: { model: "little" }, plant: true }))).toEqual([]);
});

it("a stall shows at p99 of an open loop, 460 ms, and not of a closed one, 10 ms", () => {
  expect(notHeld(casesOf("queueing", { set: { model: "omission" } }))).toEqual([]);
  expect(held(casesOf("queueing", { set: { model: "omission" }, plant: true }))).toEqual([]);
});
