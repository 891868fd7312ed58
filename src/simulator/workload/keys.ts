/** Which key an operation names. Ranks of skewed choices are rows as they stand in the table; sharding by hash scatters them. */
import { unreachable } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";
import { compileDiscrete } from "../kernel/discrete.ts";
import { createYcsbLatest, createYcsbScrambledZipfian } from "../kernel/ycsb.ts";
import type { KeysSpec } from "./workload.ts";

/** One table's keys: rows are numbered from 0; inserts add to the end. */
export interface KeyTable {
  readonly rows: () => number;
  readonly keyOf: (row: number) => number;
  readonly insert: () => number;
}

/** Draws keys of a table. Rows inserted during the run are drawn by `ycsbLatest` alone: the others choose among those loaded. */
export function createKeyChooser(spec: KeysSpec, table: KeyTable, random: Random): () => number {
  const loaded = table.rows();
  switch (spec.kind) {
    case "uniform": {
      const draw = compileDiscrete({ kind: "uniform" }, loaded);
      return () => table.keyOf(draw(random));
    }
    case "zipf": {
      const draw = compileDiscrete({ kind: "zipf", exponent: spec.exponent }, loaded);
      return () => table.keyOf(draw(random));
    }
    case "hotSet": {
      const draw = compileDiscrete({ kind: "hotSet", items: spec.keys, draws: spec.operations }, loaded);
      return () => table.keyOf(draw(random));
    }
    case "ycsbScrambledZipfian": {
      const draw = createYcsbScrambledZipfian(loaded);
      return () => table.keyOf(draw(random));
    }
    case "ycsbLatest": {
      const draw = createYcsbLatest(loaded);
      return () => table.keyOf(Math.max(0, draw(random, table.rows() - 1)));
    }
    default:
      return unreachable(spec);
  }
}
