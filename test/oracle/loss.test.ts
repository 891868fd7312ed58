/** A few repeats of each; test/slow has the hundreds that every twin takes. */
import { expect, it } from "vitest";
import { casesOf, held, notHeld } from "./verdicts.ts";

it("asynchronous shipping every S loses rate × S / 2 with its primary's host, with delays and without", () => {
  expect(notHeld(casesOf("loss", { runs: 8, set: { part: "ship" } }))).toEqual([]);
});

it("nothing is lost by synchronous replication, by shipping at once without delay, or by a crash that comes back", () => {
  expect(notHeld(casesOf("loss", { runs: 4, set: { part: "nothing" } }))).toEqual([]);
  expect(held(casesOf("loss", { runs: 2, set: { part: "nothing" }, plant: true }))).toEqual([]);
});

it("a primary that is cut off loses what it acknowledges until it hears of its successor, whatever the fencing by epoch", () => {
  const set = { part: "cut", cut: "3s", cutRate: "500/s" };
  expect(notHeld(casesOf("loss", { runs: 5, set }))).toEqual([]);
});
