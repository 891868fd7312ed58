/**
 * The writes and probes that outages are computed from, per (shard, vantage): all of the last few seconds, all around
 * anything amiss, and nothing of quiet times, so that memory follows trouble and not time. A write of a quiet time that
 * is found to be lost much later, through no fault, is thus counted by the ledger and opens no outage.
 */
import { grown } from "./operations.ts";

export interface Samples {
  /** `endedAt` is infinite for a write that was not acknowledged. `quiet`: nothing is amiss for this shard. */
  readonly add: (
    shard: number,
    vantage: number,
    sentAt: number,
    endedAt: number,
    key: number,
    epoch: number,
    server: number,
    quiet: boolean,
  ) => void;
  readonly of: (shard: number, vantage: number) => SampleColumns;
}

export interface SampleColumns {
  sentAt: Float64Array;
  endedAt: Float64Array;
  key: Int32Array;
  epoch: Int32Array;
  server: Int32Array;
  count: number;
  /** Rows before this one are kept for good. */
  kept: number;
  /** Old rows of quiet times are looked for when there are so many. */
  full: number;
}

/** How far back samples are kept in quiet times, beside the longest that a write can take to be known for bad. */
const QUIET_KEEP = 2_000_000;
const QUIET_ROWS = 512;

/** `longest`: how long a write can take until its client gives up, microseconds. */
export function createSamples(shards: number, vantages: number, longest = 2_000_000): Samples {
  const columns: SampleColumns[] = Array.from({ length: shards * vantages }, () => ({
    sentAt: new Float64Array(64),
    endedAt: new Float64Array(64),
    key: new Int32Array(64),
    epoch: new Int32Array(64),
    server: new Int32Array(64),
    count: 0,
    kept: 0,
    full: QUIET_ROWS,
  }));
  return {
    add: (shard, vantage, sentAt, endedAt, key, epoch, server, quiet) => {
      const c = columns[shard * vantages + vantage]!;
      if (c.count === c.sentAt.length) grow(c);
      c.sentAt[c.count] = sentAt;
      c.endedAt[c.count] = endedAt;
      c.key[c.count] = key;
      c.epoch[c.count] = epoch;
      c.server[c.count] = server;
      c.count += 1;
      if (!quiet) {
        c.kept = c.count;
        c.full = c.count + QUIET_ROWS;
      } else if (c.count >= c.full) {
        forget(c, sentAt - QUIET_KEEP - longest);
        // As many again before the next look: each row is looked at twice at most, on average.
        c.full = c.count + Math.max(QUIET_ROWS, c.count - c.kept);
      }
    },
    of: (shard, vantage) => columns[shard * vantages + vantage]!,
  };
}

/** Drops quiet rows sent before `before`. */
function forget(c: SampleColumns, before: number): void {
  let to = c.kept;
  for (let from = c.kept; from < c.count; from += 1) {
    if (c.sentAt[from]! < before) continue;
    c.sentAt[to] = c.sentAt[from]!;
    c.endedAt[to] = c.endedAt[from]!;
    c.key[to] = c.key[from]!;
    c.epoch[to] = c.epoch[from]!;
    c.server[to] = c.server[from]!;
    to += 1;
  }
  c.count = to;
}

function grow(c: SampleColumns): void {
  const capacity = c.count * 2;
  c.sentAt = grown(c.sentAt, capacity);
  c.endedAt = grown(c.endedAt, capacity);
  c.key = grown(c.key, capacity);
  c.epoch = grown(c.epoch, capacity);
  c.server = grown(c.server, capacity);
}
