/** What clients ask: arrivals, mix of operations, keys, sizes of values. */
import { z } from "zod";
import { OPERATIONS } from "../../../simulator/workload/workload.ts";
import type { ArrivalsSpec, KeysSpec, OperationKind } from "../../../simulator/workload/workload.ts";
import { count, durations, name, number, rate, share, sizes } from "./fields.ts";
import { checked, choice, section, word } from "./shape.ts";

const positiveRate = (): z.ZodType<number, unknown> =>
  checked(rate(), (value) => (value > 0 ? undefined : { fault: "a rate must be above 0", mend: "write such as 4000/s, or remove the workload" }));

const arrivals = choice(
  {
    poisson: { schema: positiveRate(), about: "Open loop: independent arrivals at this mean rate, whatever the answers." },
    constant: { schema: positiveRate(), about: "Open loop: evenly spaced arrivals." },
    closed: {
      schema: section({
        clients: count({ min: 1 }).describe("Clients, each with one operation at a time."),
        think: durations().prefault("0ms").describe("Pause after each answer."),
      }),
      about: "Closed loop: each client waits for its answer, thinks, asks again.",
    },
  },
  { later: ["mmpp"] },
).transform((chosen): ArrivalsSpec => (chosen.kind === "closed" ? { kind: "closed", ...chosen.value } : { kind: chosen.kind, rate: chosen.value }));

const between0And1 = (): z.ZodType<number, unknown> =>
  checked(share(), (value) => (value > 0 && value < 1 ? undefined : { fault: "must be above 0% and below 100%", mend: "write such as 20%" }));

const keys = choice(
  {
    uniform: { schema: section({}), about: "Every row alike.", bare: true },
    zipf: { schema: number({ min: 0, max: 10 }), about: "Exact Zipf over the rows: rank r has probability proportional to r^-S." },
    hotSet: {
      schema: section({
        keys: between0And1().describe("Share of the rows that is hot."),
        operations: between0And1().describe("Share of the operations that go there."),
      }),
      about: "A hot share of the rows gets a share of the operations.",
    },
    ycsbScrambledZipfian: { schema: section({}), about: "YCSB's own ScrambledZipfianGenerator, with its approximation.", bare: true },
    ycsbLatest: { schema: section({}), about: "YCSB's SkewedLatestGenerator: recent inserts are hot.", bare: true },
  },
  { later: ["latest"] },
).transform((chosen): KeysSpec => {
  switch (chosen.kind) {
    case "zipf":
      return { kind: "zipf", exponent: chosen.value };
    case "hotSet":
      return { kind: "hotSet", ...chosen.value };
    default:
      return { kind: chosen.kind };
  }
});

const optionalShare = share().optional();
/** One optional share an operation, written out by name so that each is checked, completed and documented. */
const BUILT = OPERATIONS.filter((operation) => !["scan", "find", "join", "multiRead"].includes(operation));
const mixShape = Object.fromEntries(BUILT.map((operation) => [operation, optionalShare.describe(`Share of ${operation} operations.`)])) as Record<
  OperationKind,
  typeof optionalShare
>;
const mix = checked(section(mixShape, ["scan", "find", "join"]), (shares) => {
  const sum = Object.values(shares).reduce<number>((total, value) => total + (value ?? 0), 0);
  // Shares are written in decimal: a third as 33.3% is meant as written, so only rounding of doubles is forgiven.
  return Math.abs(sum - 1) < 1e-9 ? undefined : { fault: `the shares sum to ${Number((sum * 100).toPrecision(6))}%, not 100%`, mend: "make them sum to 100%" };
}).transform((shares): Readonly<Partial<Record<OperationKind, number>>> => Object.fromEntries(Object.entries(shares).filter(([, value]) => value !== undefined && value > 0)));

/** Of `from:`: `clients web`, or the name of the group alone. */
const group = z.string().transform((text) => text.replace(/^clients\s+/u, ""));

export const WORKLOAD_PRESETS = ["ycsb-a"] as const;
const PRESETS_LATER = ["ycsb-b", "ycsb-c", "ycsb-d", "ycsb-e", "ycsb-f"];

export const workloadSchema = section(
  {
    name: name("workload").prefault("app").describe("Of the workload; names its random streams."),
    preset: word(WORKLOAD_PRESETS, PRESETS_LATER).optional().describe("A published workload; keys given beside it replace its own."),
    from: group.optional().describe("`clients NAME`: the group that issues it; needed when there are several."),
    table: name("table").optional().describe("Table it works on; needed when there are several."),
    arrivals: arrivals.prefault({ poisson: "1000/s" }).describe("When operations come."),
    mix: mix.optional().describe("Shares of the operations; default: half reads, half updates."),
    keys: keys.optional().describe("Which rows they name; default: uniform."),
    value: sizes().optional().describe("Size of a written value; default: 1000B."),
  },
  ["trace", "scan", "find", "join"],
);

export type RawWorkload = z.output<typeof workloadSchema>;

/** What a workload has when neither it nor its preset says. 1000 bytes is YCSB's record. */
export const WORKLOAD_DEFAULTS: { readonly mix: NonNullable<RawWorkload["mix"]>; readonly keys: KeysSpec; readonly value: string } = {
  mix: { read: 0.5, update: 0.5 },
  keys: { kind: "uniform" },
  value: "1000B",
};

/**
 * Published workloads. YCSB core workload A, "update heavy": half reads, half updates, zipfian requests, ten fields of
 * 100 bytes (github.com/brianfrankcooper/YCSB, workloads/workloada and CoreWorkload.java).
 */
export const PRESETS: Readonly<Record<(typeof WORKLOAD_PRESETS)[number], typeof WORKLOAD_DEFAULTS>> = {
  "ycsb-a": { mix: { read: 0.5, update: 0.5 }, keys: { kind: "ycsbScrambledZipfian" }, value: "1000B" },
};
