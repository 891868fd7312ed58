/**
 * Hash slots: slot = CRC16(key or its hash tag) mod 16384, and a table from slot to owner, as Redis Cluster has it
 * (Redis Cluster specification, "Key distribution model"). A new cluster gets contiguous, even runs by the arithmetic of
 * `redis-cli --cluster create`; a changed membership moves as few slots as its new dues allow (`reassign`).
 */
import { crc16, crc16Tagged } from "./hash.ts";
import { roster } from "./members.ts";
import type { Roster } from "./members.ts";
import { refuse } from "./sharding.ts";
import type { Made, Member, OwnedRange, Refusal, Sharding } from "./sharding.ts";

export interface SlotOptions {
  /** Number of slots, 1 to 65536 (CRC16 has no more values). Default 16384. */
  readonly slots?: number;
  /** Whether only the part of a key between braces is hashed. Default true. */
  readonly hashTags?: boolean;
}

/** A sharding by slots, with its table in the open. */
export interface SlotSharding extends Sharding {
  /** The slot of a key. */
  readonly slotOf: (key: Uint8Array, length?: number) => number;
  /** Per slot the index of its owner. Not to be written to. */
  readonly owners: Int32Array;
  readonly options: Required<SlotOptions>;
}

/** Slots of a new cluster, in contiguous runs by order of names; weights give longer runs. */
export function slots(members: readonly Member[], options: SlotOptions = {}): Made<SlotSharding> {
  const full = { slots: options.slots ?? 16_384, hashTags: options.hashTags ?? true };
  const checked = checkSlots(members, full);
  if (!checked.ok) return checked;
  const { weights, indices } = checked;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const owners = new Int32Array(full.slots);
  let first = 0;
  let cursor = 0;
  for (let rank = 0; rank < indices.length; rank += 1) {
    // redis-cli sums run lengths in 32-bit floats and rounds the last slot of each; the last run takes the rest.
    cursor = Math.fround(cursor + Math.fround((full.slots * (weights[rank] as number)) / total));
    // A small weight may round to no slot, which would be a member without keys: every run has at least one.
    const left = indices.length - 1 - rank;
    const last = Math.max(first, Math.round(Math.fround(cursor - 1)));
    const end = left === 0 ? full.slots : Math.min(full.slots - left, last + 1);
    owners.fill(indices[rank] as number, first, end);
    first = end;
  }
  return { ok: true, value: slotSharding(checked.given, owners, full) };
}

/**
 * The slots after a change of members (matched by name) or of weights. Members keep what they have up to their new due;
 * only what is above a due, or belonged to a member that left, moves. Dues are the largest remainders of slots · weight /
 * total, and where two remainders tie the member that holds more keeps the odd slot.
 */
export function reassign(before: SlotSharding, members: readonly Member[]): Made<SlotSharding> {
  const checked = checkSlots(members, before.options);
  if (!checked.ok) return checked;
  const { names, indices } = checked;
  const ranks = new Map(names.map((name, rank) => [name, rank]));
  const rankOf = Int32Array.from(before.members, (name) => ranks.get(name) ?? -1);
  const held = new Int32Array(names.length);
  for (const owner of before.owners) {
    const rank = rankOf[owner] as number;
    if (rank >= 0) held[rank] = (held[rank] as number) + 1;
  }
  const due = dues(checked, before.options.slots, held);
  const owners = new Int32Array(before.owners.length).fill(-1);
  const kept = new Int32Array(names.length);
  for (let slot = 0; slot < owners.length; slot += 1) {
    const rank = rankOf[before.owners[slot] as number] as number;
    if (rank < 0 || (kept[rank] as number) >= (due[rank] as number)) continue;
    kept[rank] = (kept[rank] as number) + 1;
    owners[slot] = indices[rank] as number;
  }
  let taker = 0;
  for (let slot = 0; slot < owners.length; slot += 1) {
    if ((owners[slot] as number) >= 0) continue;
    while ((kept[taker] as number) >= (due[taker] as number)) taker += 1;
    kept[taker] = (kept[taker] as number) + 1;
    owners[slot] = indices[taker] as number;
  }
  return { ok: true, value: slotSharding(checked.given, owners, before.options) };
}

function checkSlots(members: readonly Member[], options: Required<SlotOptions>): Roster | Refusal {
  if (!Number.isInteger(options.slots) || options.slots < 1 || options.slots > 65_536) {
    return refuse(`slots: ${options.slots} is not a number of slots`, "write a whole number from 1 to 65536");
  }
  if (members.length > options.slots) {
    return refuse(`${members.length} members cannot share ${options.slots} slots`, "use fewer members or more slots");
  }
  return roster("slots", members, "any");
}

/** How many slots each rank is due; they sum to `count`, and every member gets at least one. */
function dues(checked: Roster, count: number, held: Int32Array): Int32Array {
  const { weights } = checked;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // One slot each first, then the rest by weight: exact for equal weights, and no member ends without keys.
  const exact = weights.map((weight) => Math.max(1, (count * weight) / total));
  const due = Int32Array.from(exact, Math.floor);
  let rest = count - due.reduce((sum, n) => sum + n, 0);
  const order = [...due.keys()].sort((a, b) => remainder(b) - remainder(a) || surplus(b) - surplus(a) || a - b);
  function remainder(rank: number): number {
    // Dues that are equal but for rounding in the last bits must tie.
    return Math.round(((exact[rank] as number) - (due[rank] as number)) * 1e9);
  }
  function surplus(rank: number): number {
    return (held[rank] as number) - (due[rank] as number);
  }
  for (let i = 0; rest > 0; i = (i + 1) % order.length, rest -= 1) {
    const rank = order[i] as number;
    due[rank] = (due[rank] as number) + 1;
  }
  // The floor of one slot may have given out too many: the largest dues give them back.
  for (; rest < 0; rest += 1) {
    let largest = 0;
    for (let rank = 1; rank < due.length; rank += 1) {
      if ((due[rank] as number) > (due[largest] as number)) largest = rank;
    }
    due[largest] = (due[largest] as number) - 1;
  }
  return due;
}

function slotSharding(members: readonly string[], owners: Int32Array, options: Required<SlotOptions>): SlotSharding {
  const { slots: count, hashTags } = options;
  const slotOf = (key: Uint8Array, length: number = key.length): number =>
    (hashTags ? crc16Tagged(key, length) : crc16(key, 0, length)) % count;
  return {
    scheme: "slots",
    members,
    options,
    owners,
    slotOf,
    ownerOf: (key, length = key.length) => owners[slotOf(key, length)] as number,
    ranges: () => runs(owners),
    shares: () => {
      const shares = new Float64Array(members.length);
      for (const owner of owners) shares[owner] = (shares[owner] as number) + 1 / count;
      return shares;
    },
    memory: () => owners.byteLength,
  };
}

/** Runs of slots with one owner, slot numbers in decimal. */
function runs(owners: Int32Array): readonly OwnedRange[] {
  const found: OwnedRange[] = [];
  let first = 0;
  for (let slot = 1; slot <= owners.length; slot += 1) {
    if (slot < owners.length && owners[slot] === owners[first]) continue;
    found.push({ owner: owners[first] as number, from: String(first), to: String(slot - 1) });
    first = slot;
  }
  return found;
}
