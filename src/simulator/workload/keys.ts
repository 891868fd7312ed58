/**
 * Which key an operation names. Ranks of skewed choices are rows as they stand in the table; sharding by hash scatters
 * them. Every choice draws from the stream `keys` as often whatever else is asked for, so that a shift or a celebrity
 * leaves the other draws as they were.
 */
import { assert, fail, unreachable } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";
import { compileDiscrete } from "../kernel/discrete.ts";
import type { Sampler } from "../kernel/distributions.ts";
import { createYcsbLatest, createYcsbScrambledZipfian } from "../kernel/ycsb.ts";
import { createGrowingZipf } from "../kernel/zipf.ts";
import type { CelebritySpec, KeysSpec, ShiftSpec } from "./workload.ts";

/** One table's keys: rows are numbered from 0; inserts add to the end. */
export interface KeyTable {
  readonly rows: () => number;
  /**
   * Rows from the first on that were loaded or whose insert has ended, well or not: what YCSB's AcknowledgedCounterGenerator
   * counts. One insert that takes long holds back all after it.
   */
  readonly settled: () => number;
  readonly keyOf: (row: number) => number;
  readonly insert: () => number;
}

export interface KeyChooserMore {
  /** Rows that inserts are expected to add in the whole run. */
  readonly expectedInserts: number;
}

/**
 * Draws keys of a table at an instant of measured time (negative in the warm-up; never falling). Rows inserted during the
 * run are drawn by `latest` and YCSB's generators alone: the others choose among those loaded. What those draw depends on
 * the inserts that have ended, and so a little on the strategy.
 */
export function createKeyChooser(
  spec: KeysSpec,
  table: KeyTable,
  stream: (purpose: string) => Random,
  { expectedInserts }: KeyChooserMore,
): (at: number) => number {
  const loaded = table.rows();
  const row = createRows(spec, table, stream, expectedInserts);
  const shifted = spec.shift === undefined ? row : withShift(spec.shift, row, loaded, stream);
  const chosen = spec.celebrity === undefined ? shifted : withCelebrity(spec.celebrity, shifted, loaded, stream);
  return (at) => table.keyOf(chosen(at));
}

type Rows = (at: number) => number;

function createRows(spec: KeysSpec, table: KeyTable, stream: (purpose: string) => Random, expectedInserts: number): Rows {
  const loaded = table.rows();
  const random = stream("keys");
  const fixed = (draw: Sampler): Rows => {
    return () => draw(random);
  };
  switch (spec.kind) {
    case "uniform":
      return fixed(compileDiscrete({ kind: "uniform" }, loaded));
    case "zipf":
      return fixed(compileDiscrete({ kind: "zipf", exponent: spec.exponent }, loaded));
    case "hotSet":
      return fixed(compileDiscrete({ kind: "hotSet", items: spec.keys, draws: spec.operations }, loaded));
    case "latest": {
      const draw = createGrowingZipf(spec.exponent);
      return () => {
        const settled = table.settled();
        return settled - 1 - draw(random, settled);
      };
    }
    case "ycsbScrambledZipfian": {
      // CoreWorkload gives the generator the records, the expected new keys twice ("2 is fudge factor") and one more, since
      // its upper end is included; what is not there yet is drawn again.
      const draw = createYcsbScrambledZipfian(loaded + Math.floor(expectedInserts * 2) + 1);
      const again = stream("keys/again");
      return () => {
        const settled = table.settled();
        let row = draw(random);
        while (row >= settled) row = draw(again);
        return row;
      };
    }
    case "ycsbLatest": {
      if (loaded < 2) return () => 0;
      const draw = createYcsbLatest(loaded - 1);
      return () => draw(random, table.settled() - 1);
    }
    case "trace":
      return () => fail("a trace names its keys");
    default:
      return unreachable(spec);
  }
}

/** Rows as `rows` gives them, turned on over the loaded ones at each instant of the shift. */
function withShift({ every, at: instants, by }: ShiftSpec, rows: Rows, loaded: number, stream: (purpose: string) => Random): Rows {
  const random = stream("keys/shift");
  const step = by === undefined ? 0 : Math.max(1, Math.round(by * loaded));
  const due = instants === undefined ? undefined : [...instants].sort((a, b) => a - b);
  assert((every === undefined) !== (due === undefined), "a shift has a period or instants");
  let shifts = 0;
  let offset = 0;
  let next = due?.[0] ?? every ?? Infinity;
  return (at) => {
    while (at >= next) {
      shifts += 1;
      offset = by === undefined ? random.below(loaded) : (offset + step) % loaded;
      next = due === undefined ? next + (every ?? Infinity) : (due[shifts] ?? Infinity);
    }
    const row = rows(at) + offset;
    return row < loaded ? row : row - loaded;
  };
}

/** Rows as `rows` gives them, but for the share that goes to one row while it is famous. */
function withCelebrity({ share, from, until, row }: CelebritySpec, rows: Rows, loaded: number, stream: (purpose: string) => Random): Rows {
  const random = stream("keys/celebrity");
  const famous = row ?? random.below(loaded);
  const end = until ?? Infinity;
  return (at) => {
    // The other draw is made all the same: whoever does not ask the celebrity asks what they would have asked.
    const other = rows(at);
    return at >= from && at < end && random.uniform() < share ? famous : other;
  };
}
