/** Every oracle at its full size, and every planted twin: each claim is held, and each would not be if 5 % were wrong. */
import { describe, expect, it } from "vitest";
import { TOPICS } from "../../src/study/verify/verify.ts";
import { casesOf, held, notHeld } from "../oracle/verdicts.ts";

/** Half of the customers are enough to see what is planted there. */
const SMALLER: Readonly<Record<string, Readonly<Record<string, string>>>> = { balancing: { customers: "100k" } };

/** And to see what is planted in queues. */
const SMALLER_TWIN: typeof SMALLER = { queueing: { customers: "200k" } };

/** Fewer repeats are enough too; the topic's own take a quarter of a minute. */
const RUNS: Readonly<Record<string, number>> = { quorum: 2, failover: 200, measured: 50 };

describe.each(TOPICS.map(({ name }) => name))("%s", (topic) => {
  it("agrees with theory in every case", () =>
    expect(notHeld(casesOf(topic, { set: SMALLER[topic] ?? {}, runs: RUNS[topic] }))).toEqual([]));
  it("is refuted in every case by its planted twin", () =>
    expect(held(casesOf(topic, { set: SMALLER_TWIN[topic] ?? SMALLER[topic] ?? {}, runs: RUNS[topic], plant: true }))).toEqual([]));
});

it("queues agree with theory away from the tables too: one server and a hundred, light load and heavy, one place and none", () => {
  for (const set of [
    { model: "mmc", servers: "1,100", load: "0.9" },
    { model: "mm1", load: "0.1" },
    { model: "mm1k", places: "1", load: "0.5" },
    { model: "mmcc", servers: "1,50", load: "0.95" },
    { model: "closed", clients: "1,100", think: "1s" },
    { model: "mg1", service: "1ms", load: "0.3" },
  ]) {
    expect(notHeld(casesOf("queueing", { set: { customers: "200k", ...set } }))).toEqual([]);
  }
});
