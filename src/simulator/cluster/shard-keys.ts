/** A shard's keys that were ever written, numbered as they are first met, so that what is kept per key is a dense array. */
import { grown } from "./operations.ts";

/** Numbers of keys within their shard, for all shards at once. A key belongs to one shard at a time. */
export interface KeyNumbers {
  readonly local: (key: number) => number;
  readonly assign: (key: number, local: number) => void;
}

export function createKeyNumbers(keys: number): KeyNumbers {
  let numbers = new Int32Array(keys).fill(-1);
  return {
    local: (key) => (key < numbers.length ? numbers[key]! : -1),
    assign: (key, local) => {
      if (key >= numbers.length) {
        const before = numbers.length;
        numbers = grown(numbers, Math.max(key + 1, before + (before >> 1) + 64));
        numbers.fill(-1, before);
      }
      numbers[key] = local;
    },
  };
}

export interface ShardKeys {
  /** The key's number, given one if it has none. */
  readonly localOf: (key: number) => number;
  /** The key's number, or -1. */
  readonly known: (key: number) => number;
  readonly count: () => number;
  /** Latest acknowledgement (microseconds; infinite for an ambiguous write that took effect) among kept writes. */
  readonly keptUntil: (local: number) => number;
  readonly raiseKept: (local: number, at: number) => void;
  /** An acknowledged write, by its intended send and acknowledgement; the one sent last is remembered. */
  readonly acknowledged: (local: number, serial: number, sentAt: number, at: number) => void;
  /** Of the acknowledged write sent last: its send (-1 for none), acknowledgement and serial number. */
  readonly lastSent: (local: number) => number;
  readonly lastAt: (local: number) => number;
  readonly lastSerial: (local: number) => number;
  /** The newest acknowledged write of the key that is still held (an operation; 0 for none): head of their list. */
  readonly newest: (local: number) => number;
  readonly setNewest: (local: number, operation: number) => void;
}

export function createShardKeys(numbers: KeyNumbers): ShardKeys {
  let count = 0;
  let capacity = 64;
  let kept = new Float64Array(capacity).fill(-1);
  let sent = new Float64Array(capacity).fill(-1);
  let at = new Float64Array(capacity).fill(-1);
  let serials = new Float64Array(capacity);
  let newest = new Int32Array(capacity);

  function grow(): void {
    const before = capacity;
    capacity *= 2;
    kept = grown(kept, capacity).fill(-1, before);
    sent = grown(sent, capacity).fill(-1, before);
    at = grown(at, capacity).fill(-1, before);
    serials = grown(serials, capacity);
    newest = grown(newest, capacity);
  }

  return {
    localOf: (key) => {
      const known = numbers.local(key);
      if (known >= 0) return known;
      if (count === capacity) grow();
      numbers.assign(key, count);
      return count++;
    },
    known: (key) => numbers.local(key),
    count: () => count,
    keptUntil: (local) => kept[local]!,
    raiseKept: (local, until) => {
      if (until > kept[local]!) kept[local] = until;
    },
    acknowledged: (local, serial, sentAt, ackAt) => {
      if (sentAt < sent[local]!) return;
      sent[local] = sentAt;
      at[local] = ackAt;
      serials[local] = serial;
    },
    lastSent: (local) => sent[local]!,
    lastAt: (local) => at[local]!,
    lastSerial: (local) => serials[local]!,
    newest: (local) => newest[local]!,
    setNewest: (local, operation) => {
      newest[local] = operation;
    },
  };
}
