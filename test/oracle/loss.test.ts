/** A few repeats; that shipping 5 % more seldom is seen takes the hundreds of test/slow. */
import { expect, it } from "vitest";
import { casesOf, held, notHeld } from "./verdicts.ts";

it("asynchronous shipping loses rate × S / 2, an unfenced primary what it acknowledges while cut off, and synchronous replication nothing", () => {
  expect(notHeld(casesOf("loss", { runs: 6 }))).toEqual([]);
});

it("and clients that write 5 % faster than told, or replication that is not what it was called, would be seen", () => {
  const twins = casesOf("loss", { runs: 6, plant: true });
  expect(held(twins.filter((one) => !one.case.includes("shipped every")))).toEqual([]);
});
