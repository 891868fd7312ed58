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
  /** The acknowledged write sent last, and the one before it: what a fresh read must not predate. */
  readonly acknowledged: (local: number, version: number, sentAt: number, at: number) => void;
  readonly lastVersion: (local: number) => number;
  readonly lastSent: (local: number, which: 0 | 1) => number;
  readonly lastAt: (local: number, which: 0 | 1) => number;
}

export function createShardKeys(numbers: KeyNumbers): ShardKeys {
  let count = 0;
  let capacity = 64;
  let kept = new Float64Array(capacity).fill(-1);
  let version = new Int32Array(capacity);
  let sent = new Float64Array(capacity * 2).fill(-1);
  let at = new Float64Array(capacity * 2).fill(-1);

  function grow(): void {
    const before = capacity;
    capacity *= 2;
    kept = grown(kept, capacity).fill(-1, before);
    version = grown(version, capacity);
    sent = grown(sent, capacity * 2).fill(-1, before * 2);
    at = grown(at, capacity * 2).fill(-1, before * 2);
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
    acknowledged: (local, newVersion, sentAt, ackAt) => {
      const place = local * 2;
      if (sentAt < sent[place]!) return;
      sent[place + 1] = sent[place]!;
      at[place + 1] = at[place]!;
      sent[place] = sentAt;
      at[place] = ackAt;
      version[local] = newVersion;
    },
    lastVersion: (local) => version[local]!,
    lastSent: (local, which) => sent[local * 2 + which]!,
    lastAt: (local, which) => at[local * 2 + which]!,
  };
}
