/** Messages in flight, as pooled slots: an object a message would cost 3 to 5 times as much with 10^4 alive. */
import type { MessageFields } from "../../base/machine.ts";
import { grown, type Operations } from "./operations.ts";

/** Channels of what never leaves its host; below them are those of the network. */
export const Local = { Told: 3, Proposed: 4, Decided: 5, Worked: 6, Child: 7 } as const;

export interface Messages {
  readonly fields: MessageFields & {
    /** Envelope: what the network needs to know. */
    from: Int32Array;
    to: Int32Array;
    kind: Uint8Array;
    channel: Uint8Array;
    /** The receiver's era when it was sent: a message of another meets a reset. */
    era: Int32Array;
    /** Of what stays on its host (`Local`): the token of work or of a proposal, the process of a child's news. */
    token: Int32Array;
  };
  readonly allocate: () => number;
  /** Gives a slot back, releasing the operation and the entries that it holds. */
  readonly free: (slot: number) => void;
  readonly attach: (slot: number, version: number) => void;
  readonly attached: (slot: number) => number;
  readonly versionOf: (slot: number, position: number) => number;
  readonly live: () => number;
}

const NO_ENTRIES = new Int32Array(0);

export function createMessages(operations: Operations): Messages {
  let capacity = 1024;
  let used = 0;
  let free = new Int32Array(capacity);
  let freeCount = 0;
  let entryCount = new Int32Array(capacity);
  const entries: Int32Array[] = [];
  const f = {
    shard: new Int32Array(capacity),
    epoch: new Int32Array(capacity),
    operation: new Int32Array(capacity),
    key: new Int32Array(capacity),
    version: new Int32Array(capacity),
    index: new Float64Array(capacity),
    until: new Float64Array(capacity),
    who: new Int32Array(capacity),
    count: new Int32Array(capacity),
    outcome: new Int32Array(capacity),
    time: new Float64Array(capacity),
    bytes: new Float64Array(capacity),
    demand: new Float64Array(capacity),
    payload: [] as unknown[],
    from: new Int32Array(capacity),
    to: new Int32Array(capacity),
    kind: new Uint8Array(capacity),
    channel: new Uint8Array(capacity),
    era: new Int32Array(capacity),
    token: new Int32Array(capacity),
  };

  function grow(): void {
    capacity *= 2;
    for (const name of Object.keys(f) as (keyof typeof f)[]) {
      const array = f[name];
      if (!Array.isArray(array)) f[name] = grown(array, capacity) as never;
    }
    free = grown(free, capacity);
    entryCount = grown(entryCount, capacity);
  }

  return {
    fields: f,
    allocate: () => {
      let slot: number;
      if (freeCount > 0) slot = free[--freeCount]!;
      else {
        if (used === capacity) grow();
        slot = used++;
        entries.push(NO_ENTRIES);
        f.payload.push(undefined);
      }
      f.shard[slot] = 0;
      f.epoch[slot] = 0;
      f.operation[slot] = -1;
      f.key[slot] = 0;
      f.version[slot] = 0;
      f.index[slot] = 0;
      f.until[slot] = 0;
      f.who[slot] = -1;
      f.count[slot] = 0;
      f.outcome[slot] = 0;
      f.time[slot] = 0;
      f.bytes[slot] = 0;
      f.demand[slot] = 0;
      entryCount[slot] = 0;
      return slot;
    },
    free: (slot) => {
      const count = entryCount[slot]!;
      if (count > 0) {
        const held = entries[slot]!;
        for (let i = 0; i < count; i += 1) operations.releaseVersion(held[i]!);
      }
      const operation = f.operation[slot]!;
      if (operation >= 0) operations.release(operation);
      if (f.payload[slot] !== undefined) f.payload[slot] = undefined;
      free[freeCount++] = slot;
    },
    attach: (slot, version) => {
      const count = entryCount[slot]!;
      if (count === entries[slot]!.length) entries[slot] = grown(entries[slot]!, Math.max(16, count * 2));
      operations.holdVersion(version);
      entries[slot]![count] = version;
      entryCount[slot] = count + 1;
    },
    attached: (slot) => entryCount[slot]!,
    versionOf: (slot, position) => entries[slot]![position]!,
    live: () => used - freeCount,
  };
}
