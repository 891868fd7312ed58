/** A table of rows that are their own keys; inserts end when the test says so. */
import type { KeyTable } from "../../../src/simulator/workload/keys.ts";

export interface GrowingTable extends KeyTable {
  readonly settle: (rows: number) => void;
}

export function growingTable(loaded: number): GrowingTable {
  let rows = loaded;
  let settled = loaded;
  return {
    rows: () => rows,
    settled: () => settled,
    keyOf: (row) => row,
    insert: () => rows++,
    settle: (to) => {
      settled = to;
    },
  };
}
