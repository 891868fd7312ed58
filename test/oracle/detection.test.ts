import { expect, it } from "vitest";
import { casesOf, held, notHeld } from "./verdicts.ts";

it("one monitor suspects a dead host after a time that is uniform in (T - h, T]", () => {
  expect(notHeld(casesOf("detection", { runs: 150 }))).toEqual([]);
});

it("and pings 5 % more seldom, or a second monitor that must agree, would be seen", () => {
  expect(held(casesOf("detection", { runs: 150, plant: true }))).toEqual([]);
});
