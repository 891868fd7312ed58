import { expect, it } from "vitest";
import { casesOf, held, notHeld } from "./verdicts.ts";

it("a member that joins n others takes 1 / (n + 1) of the keys, and no key moves between the others: ring, jump, rendezvous", () => {
  expect(notHeld(casesOf("movement", { runs: 100 }))).toEqual([]);
});

it("and modulo in their place would be seen", () => {
  expect(held(casesOf("movement", { runs: 20, plant: true }))).toEqual([]);
});

it("a ring of any size moves no more: 1 / 2 when a second member joins, 1 / 101 when a hundred-and-first does", () => {
  for (const members of ["1", "100"]) expect(notHeld(casesOf("movement", { runs: 60, set: { members, keys: "2k" } }))).toEqual([]);
});
