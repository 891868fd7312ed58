/** The record's counters and histograms while a run goes on: typed arrays, nothing allocated per request. */
import { createHistogram, type Histogram } from "../record/histogram.ts";
import type { HotKeys, OperationRecord, Windows } from "../record/record.ts";
import { OPERATIONS } from "../workload/workload.ts";
import { grown, isSpread } from "./operations.ts";

export interface Recorder {
  /** A client operation was issued / ended; `sentAt` and latency in microseconds, `from` the start of measured time. */
  readonly issued: (kind: number, vantage: number, sentAt: number) => void;
  readonly ended: (kind: number, vantage: number, shard: number, sentAt: number, endedAt: number, ending: number) => void;
  readonly attempt: (kind: number, vantage: number, sentAt: number) => void;
  /** A server served a request of a shard, for a key. */
  readonly request: (server: number, shard: number, key: number, bytes: number, at: number) => void;
  /** A core of a server was busy from `start` to `end` for a shard (-1 for none). */
  readonly busy: (server: number, shard: number, start: number, end: number) => void;
  readonly keys: (window: number, byShard: readonly number[], byServer: readonly number[]) => void;
  readonly operations: (vantages: readonly string[]) => OperationRecord[];
  readonly windows: () => Windows;
}

const ACKNOWLEDGED = 1;
const REFUSED = 2;
const PARTIAL = 4;

export function createRecorder(shape: {
  from: number;
  duration: number;
  width: number;
  servers: number;
  shards: number;
  vantages: number;
  /** Keys at first; more may come. */
  keys: number;
  slow: number;
}): Recorder {
  const { from, width, servers, shards, vantages } = shape;
  const count = Math.max(1, Math.ceil(shape.duration / width));
  const until = from + shape.duration;
  const zeros = (length: number): Float64Array => new Float64Array(length);
  let keyRequests = new Int32Array(shape.keys);
  const serverRequests = zeros(count * servers);
  const serverBytes = zeros(count * servers);
  const serverBusy = zeros(count * servers);
  const shardRequests = zeros(count * shards);
  const shardBytes = zeros(count * shards);
  const shardBusy = zeros(count * shards);
  const serverKeys = zeros(count * servers);
  const shardKeys = zeros(count * shards);
  const issuedBy = zeros(count);
  const goodBy = zeros(count);
  const shardReadTime = zeros(shards);
  const shardReads = zeros(shards);
  const kinds = OPERATIONS.length;
  const cells = kinds * vantages;
  const issuedCell = zeros(cells);
  const goodCell = zeros(cells);
  const refusedCell = zeros(cells);
  const ambiguousCell = zeros(cells);
  const partialCell = zeros(cells);
  const attemptCell = zeros(cells);
  const latency: (Histogram | undefined)[] = new Array<Histogram | undefined>(cells);
  const latencyWindow: (Histogram | undefined)[] = new Array<Histogram | undefined>(kinds * count);
  const windowOf = (at: number): number => Math.min(count - 1, Math.floor((at - from) / width));
  const isMeasured = (at: number): boolean => at >= from && at < until;

  return {
    issued: (kind, vantage, sentAt) => {
      if (!isMeasured(sentAt)) return;
      const cell = kind * vantages + vantage;
      issuedCell[cell] = issuedCell[cell]! + 1;
      const window = windowOf(sentAt);
      issuedBy[window] = issuedBy[window]! + 1;
    },
    ended: (kind, vantage, shard, sentAt, endedAt, ending) => {
      if (!isMeasured(sentAt)) return;
      const cell = kind * vantages + vantage;
      if (ending !== ACKNOWLEDGED && ending !== PARTIAL) {
        const target = ending === REFUSED ? refusedCell : ambiguousCell;
        target[cell] = target[cell]! + 1;
        return;
      }
      const window = windowOf(sentAt);
      if (ending === PARTIAL) partialCell[cell] = partialCell[cell]! + 1;
      else {
        goodCell[cell] = goodCell[cell]! + 1;
        goodBy[window] = goodBy[window]! + 1;
      }
      const took = endedAt - sentAt;
      (latency[cell] ??= createHistogram()).record(took);
      (latencyWindow[kind * count + window] ??= createHistogram()).record(took);
      if (kind === 0) {
        shardReadTime[shard] = shardReadTime[shard]! + took;
        shardReads[shard] = shardReads[shard]! + 1;
      }
    },
    attempt: (kind, vantage, sentAt) => {
      if (!isMeasured(sentAt)) return;
      const cell = kind * vantages + vantage;
      attemptCell[cell] = attemptCell[cell]! + 1;
    },
    request: (server, shard, key, bytes, at) => {
      if (!isMeasured(at)) return;
      if (key >= keyRequests.length) keyRequests = grown(keyRequests, key + 1 + (keyRequests.length >> 1));
      keyRequests[key] = keyRequests[key]! + 1;
      const window = windowOf(at);
      const ofServer = window * servers + server;
      const ofShard = window * shards + shard;
      serverRequests[ofServer] = serverRequests[ofServer]! + 1;
      serverBytes[ofServer] = serverBytes[ofServer]! + bytes;
      shardRequests[ofShard] = shardRequests[ofShard]! + 1;
      shardBytes[ofShard] = shardBytes[ofShard]! + bytes;
    },
    busy: (server, shard, start, end) => {
      for (let at = Math.max(start, from); at < end && at < until;) {
        const window = windowOf(at);
        const to = Math.min(end, until, from + (window + 1) * width);
        const ofServer = window * servers + server;
        serverBusy[ofServer] = serverBusy[ofServer]! + (to - at);
        if (shard >= 0) {
          const ofShard = window * shards + shard;
          shardBusy[ofShard] = shardBusy[ofShard]! + (to - at);
        }
        at = to;
      }
    },
    keys: (window, byShard, byServer) => {
      if (window < 0 || window >= count) return;
      shardKeys.set(byShard, window * shards);
      serverKeys.set(byServer, window * servers);
    },
    operations: (names) => {
      const records: OperationRecord[] = [];
      for (let kind = 0; kind < kinds; kind += 1)
        for (let vantage = 0; vantage < vantages; vantage += 1) {
          const cell = kind * vantages + vantage;
          if (issuedCell[cell] === 0) continue;
          records.push({
            operation: OPERATIONS[kind]!,
            vantage: names[vantage]!,
            issued: issuedCell[cell]!,
            good: goodCell[cell]!,
            refused: refusedCell[cell]!,
            ambiguous: ambiguousCell[cell]!,
            ...(isSpread(kind) ? { partial: partialCell[cell]! } : {}),
            attempts: attemptCell[cell]!,
            latency: (latency[cell] ?? createHistogram()).encode(),
          });
        }
      return records.sort((a, b) => compare(a.operation, b.operation) || compare(a.vantage, b.vantage));
    },
    windows: () => ({
      width,
      count,
      serverRequests: [...serverRequests],
      serverBytes: [...serverBytes],
      serverBusy: [...serverBusy],
      shardRequests: [...shardRequests],
      shardBytes: [...shardBytes],
      shardBusy: [...shardBusy],
      serverKeys: [...serverKeys],
      shardKeys: [...shardKeys],
      issued: [...issuedBy],
      good: [...goodBy],
      latency: OPERATIONS.map((operation, kind) => ({
        operation,
        windows: Array.from({ length: count }, (_, window) => (latencyWindow[kind * count + window] ?? createHistogram()).encode()),
      })).filter((_, kind) => issuedCell.subarray(kind * vantages, (kind + 1) * vantages).some((n) => n > 0)),
      shardReadTime: [...shardReadTime],
      shardReads: [...shardReads],
      hotKeys: hotKeysOf(keyRequests),
    }),
  };
}

/** Keys whose requests a record tells one by one. */
const HOT_KEYS = 64;

function hotKeysOf(requests: Int32Array): HotKeys {
  const falling = requests
    .filter((count) => count > 0)
    .sort()
    .reverse();
  const hottest = [...falling.subarray(0, HOT_KEYS)];
  return { hottest, next: falling[HOT_KEYS] ?? 0, rest: falling.subarray(HOT_KEYS).reduce((sum, count) => sum + count, 0) };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
