/**
 * Consistent hashing with bounded loads. Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing with Bounded Loads", SODA
 * 2018 (arXiv:1608.01350). With m keys and n members no member holds more than ceil(c · m / n) keys, c = 1 + epsilon: a key
 * goes clockwise from its token to the first point whose member has room.
 *
 * Where a key is depends on who else is there, so this scheme holds its keys. What it keeps true after every change: no
 * member is over its capacity, and every member that a key passed on its way is full. When a key leaves or the capacity
 * grows, the hole is filled from further on, and that hole in turn; when the capacity shrinks, the excess moves on.
 */
import { assert } from "../../base/assert.ts";
import { keyHash } from "./hash.ts";
import { keyTable } from "./key-table.ts";
import type { KeyTable } from "./key-table.ts";
import { roster } from "./members.ts";
import { ringPoints } from "./ring.ts";
import { refuse } from "./sharding.ts";
import type { Made, Member, Sharding } from "./sharding.ts";
import type { TokenRing } from "./token-ring.ts";

export interface BoundedOptions {
  /** c: capacity over mean load, above 1. Default 1.25, as in brpc and liblb. */
  readonly capacityFactor?: number;
  /** Points of a member. Default 128. */
  readonly virtualNodes?: number;
}

/**
 * Holds its keys and changes in place; members change by `withMembers`. `ownerOf` a key that it does not hold says where
 * the key would be put first; holes that its coming opens may draw it back at once.
 */
export interface BoundedSharding extends Sharding {
  /** Places a key, if it is not there yet; gives its owner. May move others: the capacity grows with the keys. */
  readonly insert: (key: Uint8Array) => number;
  /** Removes a key; whether it was there. May move others. */
  readonly remove: (key: Uint8Array) => boolean;
  /** Keys held. */
  readonly keys: () => number;
  /** The bound: the most keys a member may hold now. */
  readonly capacity: () => number;
  /** Keys held per member. Not to be written to. */
  readonly loads: Int32Array;
  /** Keys that were moved from one member to another so far, the placing of new ones not counted. */
  readonly moves: () => number;
  /** The same keys over other members; who stays keeps what the rules let it keep. */
  readonly withMembers: (members: readonly Member[]) => Made<BoundedSharding>;
}

/** Makes the scheme, without keys. Unequal weights are refused. */
export function bounded(members: readonly Member[], options: BoundedOptions = {}): Made<BoundedSharding> {
  const checked = roster("bounded", members, "equal");
  if (!checked.ok) return checked;
  const full = { capacityFactor: options.capacityFactor ?? 1.25, virtualNodes: options.virtualNodes ?? 128 };
  if (!(full.capacityFactor > 1 && full.capacityFactor < Infinity)) {
    return refuse(`capacityFactor: ${full.capacityFactor} leaves no room`, "write a number above 1, such as 1.25");
  }
  const equal = { ...checked, weights: new Float64Array(members.length).fill(1) };
  const points = ringPoints("bounded", equal, full.virtualNodes);
  if ("ok" in points) return points;
  return { ok: true, value: boundedSharding(checked.given, points, full, keyTable()) };
}

/** What a product of doubles may be too large by: 1.1 · 10 / 1 must not round up to 12. Far below one key. */
const ROUNDING = 1e-9;

function boundedSharding(
  members: readonly string[],
  points: TokenRing,
  options: Required<BoundedOptions>,
  table: KeyTable,
  carried?: { readonly owners: readonly string[]; readonly points: Int32Array; readonly from: TokenRing },
): BoundedSharding {
  const { owners, size, find } = points;
  const loads = new Int32Array(members.length);
  const heads = new Int32Array(size).fill(-1);
  /** Per point how many keys pass it: start before it or at it, and are placed after it. */
  const passes = new Int32Array(size);
  const own = pointsByOwner(points, members.length);
  /** Per slot of the key table: the point where its key is, and its neighbours in that point's list. */
  let places = new Int32Array(8).fill(-1);
  let nexts = new Int32Array(8);
  let priors = new Int32Array(8);
  let capacity = 0;
  let moves = 0;
  const hash = new Uint32Array(2);

  const capacityFor = (keys: number): number => Math.max(0, Math.ceil((options.capacityFactor * keys) / members.length - ROUNDING));
  const homeOf = (slot: number): number => find(table.highAt(slot), table.lowAt(slot));
  const isFull = (owner: number): boolean => (loads[owner] as number) >= capacity;
  /** The first point at or after `from` whose member has room under the capacity `bound`. */
  const roomFrom = (from: number, bound: number): number => {
    let at = from;
    for (let step = 0; step < size; step += 1) {
      if ((loads[owners[at] as number] as number) < bound) return at;
      at = at + 1 === size ? 0 : at + 1;
    }
    assert(false, `all ${members.length} members are full at ${bound} of ${table.count()} keys`);
    return -1;
  };
  /** Adds `by` to the count of keys that pass each point from a key's home up to where it is. */
  const passBy = (slot: number, point: number, by: number): void => {
    for (let at = homeOf(slot); at !== point; at = at + 1 === size ? 0 : at + 1) passes[at] = (passes[at] as number) + by;
  };
  const put = (slot: number, point: number): void => {
    if (slot >= places.length) {
      places = wider(places, slot);
      nexts = wider(nexts, slot);
      priors = wider(priors, slot);
    }
    passBy(slot, point, 1);
    const head = heads[point] as number;
    if (head >= 0) priors[head] = slot;
    nexts[slot] = head;
    priors[slot] = -1;
    heads[point] = slot;
    places[slot] = point;
    loads[owners[point] as number] = (loads[owners[point] as number] as number) + 1;
  };
  const take = (slot: number): void => {
    const point = places[slot] as number;
    passBy(slot, point, -1);
    const next = nexts[slot] as number;
    const prior = priors[slot] as number;
    if (next >= 0) priors[next] = prior;
    if (prior >= 0) nexts[prior] = next;
    else heads[point] = next;
    places[slot] = -1;
    loads[owners[point] as number] = (loads[owners[point] as number] as number) - 1;
  };
  const move = (slot: number, point: number): void => {
    moves += 1;
    take(slot);
    put(slot, point);
  };
  const around = (from: number, to: number): number => (to >= from ? to - from : to - from + size);

  /** Fills the room that member `first` has with keys that pass it; each leaves a hole that is filled likewise. */
  const fill = (first: number): void => {
    const holes = [first];
    for (let owner = holes.pop(); owner !== undefined; owner = holes.pop()) {
      for (let i = own.starts[owner] as number; i < (own.starts[owner + 1] as number) && !isFull(owner); i += 1) {
        const here = own.points[i] as number;
        let unseen = passes[here] as number;
        for (let at = here; unseen > 0 && !isFull(owner);) {
          at = at + 1 === size ? 0 : at + 1;
          for (let slot = heads[at] as number; slot >= 0 && !isFull(owner);) {
            const after = nexts[slot] as number;
            const home = homeOf(slot);
            if (around(home, here) < around(home, at)) {
              unseen -= 1;
              if (owners[at] !== owner) {
                move(slot, here);
                holes.push(owners[at] as number);
              }
            }
            slot = after;
          }
        }
      }
    }
  };
  /** By point, not by member: the ring does not depend on the order in which members were given. */
  const fillAll = (): void => {
    for (let point = 0; point < size; point += 1) {
      const owner = owners[point] as number;
      if ((passes[point] as number) > 0 && !isFull(owner)) fill(owner);
    }
  };
  /** Moves what is above the capacity on to the next room. */
  const shedAll = (): void => {
    for (let point = 0; point < size; point += 1) {
      for (let slot = heads[point] as number; slot >= 0 && (loads[owners[point] as number] as number) > capacity;) {
        const after = nexts[slot] as number;
        move(slot, roomFrom(point, capacity));
        slot = after;
      }
    }
  };
  const setCapacity = (bound: number): void => {
    const before = capacity;
    capacity = bound;
    if (bound > before) fillAll();
    else if (bound < before) shedAll();
  };
  if (carried !== undefined) carryOver(carried);

  function carryOver(from: NonNullable<typeof carried>): void {
    const indices = new Map(members.map((name, index) => [name, index]));
    const fromOwn = pointsByOwner(from.from, from.owners.length);
    const mapped = new Int32Array(from.from.size).fill(-1);
    for (const [owner, name] of from.owners.entries()) {
      const index = indices.get(name);
      if (index === undefined) continue;
      // The same name has the same tokens, so its points come in the same order on both rings.
      const start = fromOwn.starts[owner] as number;
      for (let i = start; i < (fromOwn.starts[owner + 1] as number); i += 1) {
        mapped[fromOwn.points[i] as number] = own.points[(own.starts[index] as number) + i - start] as number;
      }
    }
    capacity = capacityFor(table.count());
    const homeless: number[] = [];
    for (let slot = 0; slot < table.slots(); slot += 1) {
      if (!table.holds(slot)) continue;
      const point = mapped[from.points[slot] as number] as number;
      if (point >= 0 && !isFull(owners[point] as number)) put(slot, point);
      else homeless.push(slot);
    }
    for (const slot of homeless) put(slot, roomFrom(homeOf(slot), capacity));
    fillAll();
    moves = 0;
  }

  return {
    scheme: "bounded",
    members,
    loads,
    ownerOf: (key, length = key.length) => {
      const slot = table.find(key, length);
      if (slot >= 0) return owners[places[slot] as number] as number;
      keyHash(key, length, hash);
      const home = find((hash[0] as number) | 0, (hash[1] as number) | 0);
      return owners[roomFrom(home, capacityFor(table.count() + 1))] as number;
    },
    insert: (key) => {
      const known = table.find(key, key.length);
      if (known >= 0) return owners[places[known] as number] as number;
      const slot = table.insert(key, key.length);
      const bound = capacityFor(table.count());
      const point = roomFrom(homeOf(slot), bound);
      put(slot, point);
      if (bound !== capacity) setCapacity(bound);
      return owners[places[slot] as number] as number;
    },
    remove: (key) => {
      const slot = table.find(key, key.length);
      if (slot < 0) return false;
      const owner = owners[places[slot] as number] as number;
      const wasFull = isFull(owner);
      take(slot);
      table.remove(slot);
      if (wasFull) fill(owner);
      const bound = capacityFor(table.count());
      if (bound !== capacity) setCapacity(bound);
      return true;
    },
    keys: table.count,
    capacity: () => capacity,
    moves: () => moves,
    memory: () =>
      table.memory() + points.memory() + 2 * heads.byteLength + 3 * places.byteLength + own.points.byteLength + own.starts.byteLength,
    withMembers: (changed) => {
      const checked = roster("bounded", changed, "equal");
      if (!checked.ok) return checked;
      const next = ringPoints("bounded", { ...checked, weights: new Float64Array(changed.length).fill(1) }, options.virtualNodes);
      if ("ok" in next) return next;
      const copy = keyTable();
      const carriedPoints = new Int32Array(table.count());
      for (let slot = 0, to = 0; slot < table.slots(); slot += 1) {
        if (!table.holds(slot)) continue;
        const key = table.keyAt(slot);
        to = copy.insert(key, key.length);
        carriedPoints[to] = places[slot] as number;
      }
      const owned = { owners: members, points: carriedPoints, from: points };
      return { ok: true, value: boundedSharding(checked.given, next, options, copy, owned) };
    },
  };
}

/** Points by owner: those of owner i are `points[starts[i]]` up to `starts[i + 1]`, in order of the ring. */
function pointsByOwner(ring: TokenRing, members: number): { readonly starts: Int32Array; readonly points: Int32Array } {
  const starts = new Int32Array(members + 1);
  for (const owner of ring.owners) starts[owner + 1] = (starts[owner + 1] as number) + 1;
  for (let i = 0; i < members; i += 1) starts[i + 1] = (starts[i + 1] as number) + (starts[i] as number);
  const next = starts.slice();
  const points = new Int32Array(ring.size);
  for (let point = 0; point < ring.size; point += 1) {
    const owner = ring.owners[point] as number;
    points[next[owner] as number] = point;
    next[owner] = (next[owner] as number) + 1;
  }
  return { starts, points };
}

function wider(table: Int32Array, slot: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(2 * table.length, slot + 1)).fill(-1);
  larger.set(table);
  return larger;
}
