/** Every oracle's planted twin: no claim would be held if 5 % were wrong. A file of its own, to run beside the oracles. */
import { expect, it } from "vitest";
import { TOPICS } from "../../src/study/verify/verify.ts";
import { sizeOf } from "../oracle/sizes.ts";
import { casesOf, held } from "../oracle/verdicts.ts";

it.each(TOPICS.map(({ name }) => name))("%s is refuted in every case by its planted twin", (topic) =>
  expect(held(casesOf(topic, sizeOf(topic, true)))).toEqual([]),
);
