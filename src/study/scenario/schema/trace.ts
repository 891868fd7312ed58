/** A recorded trace in place of drawn operations. */
import { z } from "zod";
import { TRACE_OPERATIONS } from "../../../simulator/workload/trace/operations.ts";
import type { OperationKind, TraceLayout } from "../../../simulator/workload/workload.ts";
import { duration, number, text } from "./fields.ts";
import { checked, section, word } from "./shape.ts";

/** Microseconds of one unit of a trace's time. */
const UNITS = { s: 1_000_000, ms: 1_000, us: 1, ns: 0.001 } as const;
const KINDS = ["read", "update", "readModifyWrite", "delete"] as const satisfies readonly OperationKind[];

const columns = section({
  time: text().describe("Column of the instant, in units of `unit`; rows are sorted by it."),
  key: text().describe("Column of the key, any text."),
  operation: text().optional().describe(`Column of the operation, one of ${Object.keys(TRACE_OPERATIONS).join(", ")} or of \`operations\`; without it all are reads.`),
  size: text().optional().describe("Column of the size of a written value in bytes; without it the workload's own `value`."),
  client: text().optional().describe("Column of who asked: always from the same client host."),
});

/** A million times as fast, or as slow: beyond that is a slip of the keyboard. */
const SCALE_MOST = 1_000_000;

/** Seconds are what Twitter's timestamps count. */
const TWITTER_SPREAD = 1_000_000;

export const trace = checked(
  section({
    file: text().describe("A comma-separated file, relative to the scenario and in its folder; rows are read as they are needed."),
    format: word(["twitter"]).optional().describe("Twitter's cache traces: timestamp (s), key, key size, value size, client id, operation, TTL; no names on top."),
    columns: columns.optional().describe("In place of a format: columns by their names in the file's first line."),
    unit: word(["s", "ms", "us", "ns"]).optional().describe("Unit of the column of time; default: s."),
    operations: z.record(text(), word(KINDS)).optional().describe("What other words in the column of operations mean: { LOOKUP: read }."),
    timeScale: checked(number({ min: 0, max: SCALE_MOST }), (value) => (value >= 1 / SCALE_MOST ? undefined : { fault: `must be at least ${1 / SCALE_MOST}`, mend: "write such as 0.5 for twice as fast" }))
      .prefault(1)
      .describe("Times are multiplied by this: 0.5 replays twice as fast."),
    loop: z.boolean().prefault(false).describe("Begin again at the end; otherwise the workload ends there."),
    keys: word(["hash", "dense"]).prefault("hash").describe("A key's row: by hash (keys may share one), or one for each key in the order of first appearance."),
    spread: duration().optional().describe("Rows of one and the same time are spread evenly over so much of the trace's time; default: 1s for twitter, else 0s."),
  }),
  ({ format, columns: named, unit, operations }) => {
    if ((format === undefined) === (named === undefined)) return { fault: "needs one of format and columns", mend: "write format: twitter, or columns: { time: …, key: … }" };
    if (format !== undefined && (unit !== undefined || operations !== undefined)) return { fault: "unit and operations belong to columns", mend: "remove them: the format says both" };
    return undefined;
  },
).transform(({ file, columns: named, unit = "s", operations, timeScale, loop, keys, spread }) => {
  const layout: TraceLayout = named === undefined ? { kind: "twitter" } : { kind: "columns", ...present(named), unit: UNITS[unit], ...(operations === undefined ? {} : { operations }) };
  return { file, layout, timeScale, loop, keys, spread: spread ?? (named === undefined ? TWITTER_SPREAD : 0) };
});

export type RawTrace = z.output<typeof trace>;

/** Names of columns, present or not there at all. */
function present({ time, key, operation, size, client }: z.output<typeof columns>): Omit<Extract<TraceLayout, { kind: "columns" }>, "kind" | "unit" | "operations"> {
  return {
    time,
    key,
    ...(operation === undefined ? {} : { operation }),
    ...(size === undefined ? {} : { size }),
    ...(client === undefined ? {} : { client }),
  };
}
