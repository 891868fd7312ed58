import { readFileSync, readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { MEASURED } from "../../../src/study/verify/measured-times.ts";

const FOLDER = "test/data/measured";

/** A client sees no less than a few milliseconds: too coarse to set a distribution beside. README tells of it. */
const SHOWN_ONLY = ["redis-cluster-2s-wake"];

interface Measurement {
  readonly version: string;
  readonly date: string;
  readonly fault: string;
  readonly settings: object;
  readonly how: string;
  readonly trials: readonly Readonly<Record<string, number | null | readonly number[]>>[];
}

const files = readdirSync(FOLDER).map((file) => file.replace(/\.json$/u, ""));
const read = (name: string): Measurement => JSON.parse(readFileSync(`${FOLDER}/${name}.json`, "utf8")) as Measurement;

/** The first of several observers; nothing where a step was not seen. */
const first = (value: number | null | readonly number[] | undefined): readonly number[] =>
  typeof value === "number" ? [value] : (value ?? []).slice(0, 1);

it("the measured times are those of the trials in test/data/measured, all of them", () => {
  expect(files.filter((file) => !(file in MEASURED))).toEqual(SHOWN_ONLY);
  expect(Object.keys(MEASURED).filter((name) => !files.includes(name))).toEqual([]);
  for (const [name, steps] of Object.entries(MEASURED))
    for (const [step, times] of Object.entries(steps)) {
      const expected = read(name)
        .trials.flatMap((trial) => first(trial[step]))
        .sort((a, b) => a - b);
      expect(times, `${name}, ${step}`).toEqual(expected);
    }
});

it("every measurement says what was measured, how and when, and has trials enough to be judged by", () => {
  for (const name of files) {
    const { version, date, fault, settings, how, trials } = read(name);
    expect([version, date, fault, how].filter((text) => text.length === 0)).toEqual([]);
    expect(Object.keys(settings).length).toBeGreaterThan(1);
    expect(trials.length, name).toBeGreaterThanOrEqual(25);
  }
});
