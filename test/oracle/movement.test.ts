import { expect, it } from "vitest";
import { casesOf, held, notHeld } from "./verdicts.ts";

it("a member that joins n others takes 1 / (n + 1) of the keys, and no key moves between the others: ring, jump, rendezvous", () => {
  expect(notHeld(casesOf("movement", { runs: 60, set: { keys: "2k" } }))).toEqual([]);
});

it("and modulo in their place would be seen", () => {
  expect(held(casesOf("movement", { runs: 10, set: { keys: "2k" }, plant: true }))).toEqual([]);
});

it("a second member takes half, a thirty-first 1 / 31", () => {
  for (const members of ["1", "30"]) expect(notHeld(casesOf("movement", { runs: 30, set: { members, keys: "1k" } }))).toEqual([]);
});
