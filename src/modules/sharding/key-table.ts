/**
 * Keys by their bytes, exactly: open addressing with linear probing over 64-bit hashes, the keys' bytes in one arena.
 * Each key has a slot, a small integer that stays its own until it is removed, for tables beside this one. Looking up
 * allocates nothing; inserting does when a table doubles.
 */
import { assert } from "../../base/assert.ts";
import { keyHash } from "./hash.ts";

export interface KeyTable {
  /** The key's slot, or -1. */
  readonly find: (key: Uint8Array, length: number) => number;
  /** The key's slot, made if it has none: the lowest-numbered never used, or the one freed last. */
  readonly insert: (key: Uint8Array, length: number) => number;
  /** Forgets the key in a slot. */
  readonly remove: (slot: number) => void;
  /** A copy of the key in a slot. */
  readonly keyAt: (slot: number) => Uint8Array;
  /** Halves of the `keyHash` of the key in a slot. */
  readonly highAt: (slot: number) => number;
  readonly lowAt: (slot: number) => number;
  /** Keys held. */
  readonly count: () => number;
  /** Slots ever used: every slot is below this. */
  readonly slots: () => number;
  /** Whether a slot holds a key. */
  readonly holds: (slot: number) => boolean;
  readonly memory: () => number;
}

/** An empty table. */
export function keyTable(): KeyTable {
  let cells = new Int32Array(16).fill(-1);
  let highs = new Uint32Array(8);
  let lows = new Uint32Array(8);
  let offsets = new Uint32Array(8);
  let lengths = new Int32Array(8);
  let arena = new Uint8Array(256);
  let arenaEnd = 0;
  let garbage = 0;
  let slots = 0;
  let count = 0;
  const free: number[] = [];
  const hash = new Uint32Array(2);

  /** The cell that holds the key hashed in `hash`, or the empty one where it would go. */
  const cellOf = (key: Uint8Array, length: number): number => {
    const mask = cells.length - 1;
    let cell = (hash[1] as number) & mask;
    for (;;) {
      const slot = cells[cell] as number;
      if (slot < 0) return cell;
      if (highs[slot] === hash[0] && lows[slot] === hash[1] && isAt(slot, key, length)) return cell;
      cell = (cell + 1) & mask;
    }
  };
  const isAt = (slot: number, key: Uint8Array, length: number): boolean => {
    if (lengths[slot] !== length) return false;
    const from = offsets[slot] as number;
    for (let at = 0; at < length; at += 1) if (arena[from + at] !== key[at]) return false;
    return true;
  };
  const rehash = (size: number): void => {
    cells = new Int32Array(size).fill(-1);
    for (let slot = 0; slot < slots; slot += 1) {
      if ((lengths[slot] as number) < 0) continue;
      let cell = (lows[slot] as number) & (size - 1);
      while ((cells[cell] as number) >= 0) cell = (cell + 1) & (size - 1);
      cells[cell] = slot;
    }
  };
  const reserve = (bytes: number): void => {
    if (arenaEnd + bytes <= arena.length) return;
    const live = arenaEnd - garbage;
    const size = Math.max(arena.length, 2 * (live + bytes));
    assert(size < 4_294_967_296, `keys of ${live} bytes do not fit the arena`);
    const packed = new Uint8Array(size);
    arenaEnd = 0;
    for (let slot = 0; slot < slots; slot += 1) {
      const length = lengths[slot] as number;
      if (length < 0) continue;
      const from = offsets[slot] as number;
      packed.set(arena.subarray(from, from + length), arenaEnd);
      offsets[slot] = arenaEnd;
      arenaEnd += length;
    }
    arena = packed;
    garbage = 0;
  };
  const newSlot = (): number => {
    const slot = free.pop() ?? slots;
    if (slot < slots) return slot;
    slots += 1;
    if (slot === highs.length) {
      highs = grown(highs, new Uint32Array(2 * slot));
      lows = grown(lows, new Uint32Array(2 * slot));
      offsets = grown(offsets, new Uint32Array(2 * slot));
      lengths = grown(lengths, new Int32Array(2 * slot));
    }
    return slot;
  };
  return {
    find: (key, length) => {
      keyHash(key, length, hash);
      return cells[cellOf(key, length)] as number;
    },
    insert: (key, length) => {
      keyHash(key, length, hash);
      const known = cells[cellOf(key, length)] as number;
      if (known >= 0) return known;
      if (2 * (count + 1) > cells.length) rehash(2 * cells.length);
      reserve(length);
      const slot = newSlot();
      highs[slot] = hash[0] as number;
      lows[slot] = hash[1] as number;
      lengths[slot] = -1;
      cells[cellOf(key, length)] = slot;
      for (let at = 0; at < length; at += 1) arena[arenaEnd + at] = key[at] as number;
      offsets[slot] = arenaEnd;
      lengths[slot] = length;
      arenaEnd += length;
      count += 1;
      return slot;
    },
    remove: (slot) => {
      const mask = cells.length - 1;
      let hole = (lows[slot] as number) & mask;
      while (cells[hole] !== slot) hole = (hole + 1) & mask;
      // Close the gap: whatever later in the run may stand at or before the hole moves into it (Knuth, vol. 3, 6.4 R).
      for (let cell = (hole + 1) & mask; (cells[cell] as number) >= 0; cell = (cell + 1) & mask) {
        const home = (lows[cells[cell] as number] as number) & mask;
        if (((cell - home) & mask) < ((cell - hole) & mask)) continue;
        cells[hole] = cells[cell] as number;
        hole = cell;
      }
      cells[hole] = -1;
      garbage += lengths[slot] as number;
      lengths[slot] = -1;
      free.push(slot);
      count -= 1;
    },
    keyAt: (slot) => arena.slice(offsets[slot], (offsets[slot] as number) + (lengths[slot] as number)),
    highAt: (slot) => highs[slot] as number,
    lowAt: (slot) => lows[slot] as number,
    count: () => count,
    slots: () => slots,
    holds: (slot) => slot < slots && (lengths[slot] as number) >= 0,
    memory: () => cells.byteLength + 4 * highs.byteLength + arena.byteLength,
  };
}

function grown<Table extends Uint32Array | Int32Array>(from: Table, into: Table): Table {
  into.set(from);
  return into;
}
