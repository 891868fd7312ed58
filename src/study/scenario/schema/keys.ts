/** Which rows operations name: the choice, and how it changes in the course of time. */
import { z } from "zod";
import type { CelebritySpec, KeyChoiceSpec, KeysSpec, ShiftSpec } from "../../../simulator/workload/workload.ts";
import { count, duration, number, positiveDuration, share } from "./fields.ts";
import { report } from "./report.ts";
import { checked, choice, oneOrMore, section } from "./shape.ts";

const between0And1 = (): z.ZodType<number, unknown> =>
  checked(share(), (value) => (value > 0 && value < 1 ? undefined : { fault: "must be above 0% and below 100%", mend: "write such as 20%" }));

const shift = checked(
  section({
    every: positiveDuration().optional().describe("Time between two shifts; the first comes after it."),
    at: oneOrMore(duration()).optional().describe("Instants of measured time, in place of a period."),
    by: between0And1().optional().describe("Share of the rows that the ranking moves on by; default: to a row drawn anew each time."),
  }),
  ({ every, at }) => ((every === undefined) === (at === undefined) ? { fault: "needs one of every and at", mend: "write such as { every: 20s }" } : undefined),
);

const celebrity = checked(
  section({
    share: between0And1().describe("Share of the operations on rows that exist that the one row gets."),
    from: duration().prefault("0s").describe("Instant of measured time from which it gets them."),
    until: duration().optional().describe("Instant at which that ends; default: never."),
    row: count().optional().describe("Which row, from 0; default: one drawn by the seed."),
  }),
  ({ from, until }) => (until !== undefined && until <= from ? { fault: "ends before it begins", mend: "make until later than from" } : undefined),
);

/** Present in full or not at all, as the spec has it. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** Nothing is hot in uniform keys, and the newest rows move by themselves. */
const STILL: readonly KeyChoiceSpec["kind"][] = ["uniform", "latest", "ycsbLatest"];

export const keys = choice(
  {
    uniform: { schema: section({}), about: "Every row alike.", bare: true },
    zipf: { schema: number({ min: 0, max: 10 }), about: "Exact Zipf over the rows: rank r has probability proportional to r^-S." },
    latest: { schema: number({ min: 0, max: 10 }), about: "Exact Zipf by age: the newest row whose insert has ended is the hottest, and so on." },
    hotSet: {
      schema: section({
        keys: between0And1().describe("Share of the rows that is hot."),
        operations: between0And1().describe("Share of the operations that go there."),
      }),
      about: "A hot share of the rows gets a share of the operations.",
    },
    ycsbScrambledZipfian: { schema: section({}), about: "YCSB's own ScrambledZipfianGenerator, with its approximation: the hottest row has 3.78 % whatever the rows.", bare: true },
    ycsbLatest: { schema: section({}), about: "YCSB's SkewedLatestGenerator on its acknowledged counter: the newest rows whose insert has ended are hot.", bare: true },
  },
  {
    beside: {
      shift: shift.describe("The hot spot moves: the whole ranking goes on over the rows, at instants or with a period."),
      celebrity: celebrity.describe("One row becomes hot by itself, beside the choice (uniform where none is named)."),
    },
    fallback: "uniform",
  },
).transform((chosen, context): KeysSpec => {
  const moves = chosen.beside as { readonly shift?: ShiftSpec; readonly celebrity?: CelebritySpec };
  if (moves.shift !== undefined && STILL.includes(chosen.kind)) {
    report(context, { fault: `${chosen.kind} keys have no hot spot that a shift could move`, mend: "use zipf, hotSet or ycsbScrambledZipfian", atKey: true }, ["shift"]);
  }
  const more = defined({
    shift: moves.shift === undefined ? undefined : defined({ ...moves.shift, at: moves.shift.at && [...moves.shift.at].sort((a, b) => a - b) }),
    celebrity: moves.celebrity === undefined ? undefined : defined(moves.celebrity),
  });
  return { ...choiceSpec(chosen), ...more };
});

function choiceSpec(chosen: { readonly kind: KeyChoiceSpec["kind"]; readonly value: unknown }): KeyChoiceSpec {
  switch (chosen.kind) {
    case "zipf":
    case "latest":
      return { kind: chosen.kind, exponent: chosen.value as number };
    case "hotSet":
      return { kind: "hotSet", ...(chosen.value as { readonly keys: number; readonly operations: number }) };
    default:
      return { kind: chosen.kind };
  }
}
