/** Every oracle at its full size: each claim is held. */
import { expect, it } from "vitest";
import { TOPICS } from "../../src/study/verify/verify.ts";
import { sizeOf } from "../oracle/sizes.ts";
import { casesOf, notHeld } from "../oracle/verdicts.ts";

it.each(TOPICS.map(({ name }) => name))("%s agrees with theory in every case", (topic) =>
  expect(notHeld(casesOf(topic, sizeOf(topic, false)))).toEqual([]),
);

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
