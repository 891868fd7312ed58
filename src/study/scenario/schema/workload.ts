/** What clients ask: arrivals, mix of operations, keys, sizes of values. */
import { z } from "zod";
import { distributionsIn } from "../../../simulator/kernel/distribution-spec.ts";
import { distributionRange } from "../../../simulator/kernel/moments.ts";
import { OPERATIONS } from "../../../simulator/workload/workload.ts";
import type { ArrivalsSpec, OperationKind } from "../../../simulator/workload/workload.ts";
import { PRESETS } from "../../../simulator/workload/presets.ts";
import { count, durations, name, numbers, positiveDuration, rate, share, sizes, timesOf } from "./fields.ts";
import { keys } from "./keys.ts";
import { trace } from "./trace.ts";
import { checked, choice, inShort, section, word } from "./shape.ts";

const positiveRate = (): z.ZodType<number, unknown> =>
  checked(rate(), (value) => (value > 0 ? undefined : { fault: "a rate must be above 0", mend: "write such as 4000/s, or remove the workload" }));

/** Changes of state between two arrivals beyond which an MMPP is refused: each costs as much as an arrival. */
const CHANGES_MOST = 10_000;

const mmpp = checked(
  section({
    rates: z.array(rate()).min(2).describe("Arrivals per second in each state."),
    stay: z.array(positiveDuration()).min(2).describe("Mean time in each state, exponential; then one of the others comes, all alike."),
  }),
  ({ rates, stay }) => {
    if (rates.length !== stay.length) return { fault: `${rates.length} rates and ${stay.length} stays`, mend: "give each state one of both" };
    const total = stay.reduce<number>((sum, one) => sum + one, 0);
    const mean = rates.reduce((sum, one, state) => sum + (one * (stay[state] ?? 0)) / total, 0);
    if (mean === 0) return { fault: "no state has arrivals", mend: "give one a rate above 0" };
    const changes = (1_000_000 / mean) * (rates.length / total);
    return changes <= CHANGES_MOST ? undefined : { fault: `the state would change ${Math.round(changes)} times between two arrivals`, mend: "make stays longer or rates higher" };
  },
);

/** States by rate, then stay: the same process gives the same draws however its states are listed. */
function inOrder({ rates, stay }: z.output<typeof mmpp>): { readonly rates: readonly number[]; readonly stay: readonly number[] } {
  const states = rates.map((one, state) => [one, stay[state] ?? 0] as const).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return { rates: states.map(([one]) => one), stay: states.map(([, one]) => one) };
}

const gaps = checked(durations(), (spec) => (timesOf(spec).latest > 0 ? undefined : { fault: "the gaps are all 0", mend: "write such as exp(1ms)" }));

const arrivals = choice({
  poisson: { schema: positiveRate(), about: "Open loop: independent arrivals at this mean rate, whatever the answers." },
  constant: { schema: positiveRate(), about: "Open loop: evenly spaced arrivals." },
  gaps: { schema: gaps, about: "Open loop: independent gaps between arrivals, of this distribution." },
  mmpp: { schema: mmpp, about: "Open loop in bursts: a Markov-modulated Poisson process, whose rate depends on a state that changes at random; started in its stationary distribution." },
  closed: {
    schema: section({
      clients: count({ min: 1 }).describe("Clients, each with one operation at a time."),
      think: durations().prefault("0ms").describe("Pause after each answer."),
    }),
    about: "Closed loop: each client waits for its answer, thinks, asks again.",
  },
  following: {
    schema: section({
      workload: name("workload").describe("A workload that stands before this one in the list."),
      delay: durations().prefault("0ms").describe("From its answer to this one's operation."),
    }),
    about: "Each acknowledged operation of another workload is followed by one of this, on the same row: a read after a write, say.",
  },
}).transform((chosen): ArrivalsSpec => {
  switch (chosen.kind) {
    case "closed":
      return { kind: "closed", ...chosen.value };
    case "mmpp":
      return { kind: "mmpp", ...inOrder(chosen.value) };
    case "following":
      return { kind: "following", ...chosen.value };
    case "gaps":
      return { kind: "gaps", gap: chosen.value };
    default:
      return { kind: chosen.kind, rate: chosen.value };
  }
});

const optionalShare = share().optional();
/** One optional share an operation, written out by name so that each is checked, completed and documented. */
const mixShape = Object.fromEntries(OPERATIONS.map((operation) => [operation, optionalShare.describe(`Share of ${operation} operations.`)])) as Record<
  OperationKind,
  typeof optionalShare
>;
const mix = checked(section(mixShape), (shares) => {
  const sum = Object.values(shares).reduce<number>((total, value) => total + (value ?? 0), 0);
  // Shares are written in decimal: a third as 33.3% is meant as written, so only rounding of doubles is forgiven.
  return Math.abs(sum - 1) < 1e-9 ? undefined : { fault: `the shares sum to ${Number((sum * 100).toPrecision(6))}%, not 100%`, mend: "make them sum to 100%" };
}).transform((shares): Readonly<Partial<Record<OperationKind, number>>> => Object.fromEntries(Object.entries(shares).filter(([, value]) => value !== undefined && value > 0)));

/** Of `from:`: `clients web`, or the name of the group alone. */
const group = z.string().transform((text) => text.replace(/^clients\s+/u, ""));

/** The published workloads by name. */
export const WORKLOAD_PRESETS = PRESETS;
/** One size for all, or another for inserts, which write whole rows. */
const value = inShort(
  sizes(),
  section({ update: sizes().optional().describe("Size of a value that an update writes."), insert: sizes().optional().describe("Size of an inserted value.") }),
);

const scanLength = checked(numbers(), (spec) =>
  distributionsIn(spec).every(({ kind }) => kind !== "empirical") && distributionRange(spec).to < 1 ? { fault: "a scan of no rows", mend: "write 1 or more, such as 1..100" } : undefined,
);

/** What operations on several rows are like; each may stand there only if the mix has some. */
const several = {
  scan: section({ length: scanLength.describe("Rows that a scan wants, its own the first.") })
    .optional()
    .describe("Scans: rows in order from one on; default: 1 to 100 of them, as YCSB's workload E."),
  find: section({ column: name("column").describe("A column of the table, one of its `columns`.") })
    .optional()
    .describe("Finds: all rows with one value of a column that the table is not sharded by."),
  join: z
    .tuple([name("table"), name("table")])
    .optional()
    .describe("Joins: a row of the first table, the workload's own, with the rows of the second that belong to it."),
  multiRead: section({ keys: numbers().describe("Different keys that one read names.") })
    .optional()
    .describe("Multi-key reads: several rows by their keys in one operation; default: 10 keys."),
};

export const workloadSchema = section(
  {
    name: name("workload").prefault("app").describe("Of the workload; names its random streams."),
    preset: word(Object.keys(PRESETS)).optional().describe("A published workload; keys given beside it replace its own."),
    from: group.optional().describe("`clients NAME`: the group that issues it; needed when there are several."),
    table: name("table").optional().describe("Table it works on; needed when there are several."),
    arrivals: arrivals.optional().describe("When operations come; default: the preset's, else poisson at 1000/s."),
    mix: mix.optional().describe("Shares of the operations; default: half reads, half updates."),
    keys: keys.optional().describe("Which rows they name; default: uniform."),
    value: value.optional().describe("Size of a written value; default: 1000B."),
    trace: trace.optional().describe("A recorded trace to be replayed, in place of arrivals, mix and keys."),
    key: sizes().optional().describe("Size of a key as it travels with a request; default: not counted."),
    ...several,
  },
);

export type RawWorkload = z.output<typeof workloadSchema>;
