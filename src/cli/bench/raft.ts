/** What Raft costs: a committed entry in full steps of the kernel, how that grows with the number of groups, and the paper's Figure 16. */
import { compare, nodeProgram, type BenchRow, type Comparison } from "./measure.ts";

export interface RaftBenchOptions {
  /** Interleaved pairs for each row; at least 5 for a judgement. */
  readonly pairs?: number;
  /** Share of the usual amount of work, for a quick look. */
  readonly scale?: number;
  readonly onRow?: (row: BenchRow) => void;
}

const PAIRS = 5;
const PENDING = 1_000;

/** Measures every row, in order. Takes about a minute. */
export async function benchRaft({ pairs = PAIRS, scale = 1, onRow }: RaftBenchOptions = {}): Promise<readonly BenchRow[]> {
  const entries = Math.round(200_000 * scale);
  const step = nodeProgram("step", PENDING, Math.round(3_000_000 * scale));
  const base = { kind: "cost" as const, missing: "a program did not answer", mismatch: () => undefined };
  const unit = "an entry, then a step";
  const comparisons: readonly Comparison[] = [
    {
      ...base,
      name: "one committed Raft entry, 100 groups of 5, unbatched, checks off",
      against: "full kernel steps",
      target: 66,
      ours: nodeProgram("raft", 100, entries),
      theirs: step,
      unit,
    },
    {
      ...base,
      name: "one committed Raft entry, 100 groups of 5, unbatched, all invariants on",
      against: "full kernel steps",
      target: 130,
      ours: nodeProgram("raft-watched", 100, entries),
      theirs: step,
      unit,
    },
    {
      ...base,
      name: "one committed Raft entry, 1000 groups of 5",
      against: "the same in one group",
      target: 4,
      ours: nodeProgram("raft", 1_000, entries),
      theirs: nodeProgram("raft", 1, entries),
      unit: "an entry",
    },
    {
      ...base,
      name: "Figure 16, five curves of 1000 elections, CPU time",
      against: "one second",
      target: 2,
      ours: nodeProgram("figure16", Math.round(1_000 * scale)),
      theirs: () => Promise.resolve({ count: 1, nanoseconds: 1e9 * scale, check: 1 }),
      unit: "in all",
    },
  ];
  const rows: BenchRow[] = [];
  for (const comparison of comparisons) {
    const row = await compare(comparison, pairs);
    rows.push(row);
    onRow?.(row);
  }
  return rows;
}
