/**
 * Range directory in a balanced binary search tree: the ranges of ranges.ts, kept in an AVL tree (Adelson-Velsky, Landis,
 * 1962; Knuth, The Art of Computer Programming, vol. 3, section 6.2.3), so that one range comes, goes or splits in
 * O(log n) without copying the rest. Height stays below 1.4405 · log2(n + 2). Nodes live in a pool of typed arrays.
 *
 * Each node is a range: its first key, its owner, and the load recorded since it was made. A hot one is split in place.
 */
import { assert } from "../../base/assert.ts";
import { compareBytes, evenBoundary, hexBytes } from "./bytes.ts";
import { roster } from "./members.ts";
import { refuse } from "./sharding.ts";
import type { Made, Member, OwnedRange, Sharding } from "./sharding.ts";

export interface TreeOptions {
  /** Number of ranges at first, dealt out to members in turn by order of names. Default: one a member. */
  readonly ranges?: number;
}

/** Changes in place. The first range begins with the empty key and is never removed. */
export interface TreeSharding extends Sharding {
  /** Begins a range at `start`, cutting the one that held that key, or gives the range that begins there a new owner. */
  readonly insert: (start: Uint8Array, owner: number) => void;
  /** Ends the range that begins at `start`: the one before takes in its keys and load. Whether there was one to end. */
  readonly remove: (start: Uint8Array) => boolean;
  /** First key of the range that holds a key. */
  readonly startOf: (key: Uint8Array, length?: number) => Uint8Array;
  /** Adds to the load of the range that holds a key. */
  readonly record: (key: Uint8Array, length: number, load: number) => void;
  /** The range with the most recorded load; of equal ones the first. */
  readonly hottest: () => { readonly start: Uint8Array; readonly owner: number; readonly load: number };
  /**
   * Splits the hottest range at `at`, a key inside it (`loadSplitKey` finds one), and gives the upper part to `owner`. Its
   * recorded load is halved between the two, until new requests tell them apart. False if `at` is not inside.
   */
  readonly splitHottest: (at: Uint8Array, owner: number) => boolean;
  /** Number of ranges. */
  readonly size: () => number;
  /** Nodes on the longest path from the root. */
  readonly height: () => number;
  /** Throws if the tree is out of order or out of balance: for tests. */
  readonly verify: () => void;
}

/** Makes the tree over the 48-bit prefixes in even parts. Unequal weights are refused: insert ranges by hand instead. */
export function tree(members: readonly Member[], options: TreeOptions = {}): Made<TreeSharding> {
  const checked = roster("tree", members, "equal");
  if (!checked.ok) return checked;
  const count = options.ranges ?? members.length;
  if (!Number.isInteger(count) || count < 1 || count > 1_048_576) {
    return refuse(`ranges: ${count} is not a number of ranges`, "write a whole number from 1 to 1048576");
  }
  const made = treeSharding(checked.given, checked.indices[0] as number);
  for (let part = 1; part < count; part += 1) {
    made.insert(evenBoundary(part, count), checked.indices[part % members.length] as number);
  }
  return { ok: true, value: made };
}

/** No node: the pool's place 0 stays empty, with height 0. */
const NONE = 0;

function treeSharding(members: readonly string[], firstOwner: number): TreeSharding {
  const starts: Uint8Array[] = [new Uint8Array(0)];
  let left = new Int32Array(16);
  let right = new Int32Array(16);
  let heights = new Int8Array(16);
  let owners = new Int32Array(16);
  let loads = new Float64Array(16);
  const free: number[] = [];
  let size = 0;
  let keyBytes = 0;

  const newNode = (start: Uint8Array, owner: number): number => {
    const node = free.pop() ?? starts.length;
    if (node === left.length) {
      left = grown(left, new Int32Array(2 * node));
      right = grown(right, new Int32Array(2 * node));
      heights = grown(heights, new Int8Array(2 * node));
      owners = grown(owners, new Int32Array(2 * node));
      loads = grown(loads, new Float64Array(2 * node));
    }
    starts[node] = start.slice();
    left[node] = NONE;
    right[node] = NONE;
    heights[node] = 1;
    owners[node] = owner;
    loads[node] = 0;
    size += 1;
    keyBytes += start.length;
    return node;
  };
  let root = newNode(new Uint8Array(0), firstOwner);

  const heightOf = (node: number): number => heights[node] as number;
  const update = (node: number): void => {
    heights[node] = 1 + Math.max(heightOf(left[node] as number), heightOf(right[node] as number));
  };
  const rotateRight = (node: number): number => {
    const up = left[node] as number;
    left[node] = right[up] as number;
    right[up] = node;
    update(node);
    update(up);
    return up;
  };
  const rotateLeft = (node: number): number => {
    const up = right[node] as number;
    right[node] = left[up] as number;
    left[up] = node;
    update(node);
    update(up);
    return up;
  };
  /** Mends a node whose subtrees are balanced and differ by two at most; gives the root of what it was the root of. */
  const balance = (node: number): number => {
    update(node);
    const l = left[node] as number;
    const r = right[node] as number;
    if (heightOf(l) > heightOf(r) + 1) {
      if (heightOf(left[l] as number) < heightOf(right[l] as number)) left[node] = rotateLeft(l);
      return rotateRight(node);
    }
    if (heightOf(r) > heightOf(l) + 1) {
      if (heightOf(right[r] as number) < heightOf(left[r] as number)) right[node] = rotateRight(r);
      return rotateLeft(node);
    }
    return node;
  };
  const insertInto = (node: number, start: Uint8Array, owner: number): number => {
    if (node === NONE) return newNode(start, owner);
    const order = compareBytes(start, start.length, starts[node] as Uint8Array);
    if (order === 0) {
      owners[node] = owner;
      return node;
    }
    // The pool may be replaced by a larger one on the way down: name the array only after that.
    const child = insertInto((order < 0 ? left : right)[node] as number, start, owner);
    (order < 0 ? left : right)[node] = child;
    return balance(node);
  };
  const leftmost = (node: number): number => {
    let at = node;
    while (left[at] !== NONE) at = left[at] as number;
    return at;
  };
  const withoutLeftmost = (node: number): number => {
    if (left[node] === NONE) return right[node] as number;
    left[node] = withoutLeftmost(left[node] as number);
    return balance(node);
  };
  const removeFrom = (node: number, start: Uint8Array): number => {
    const order = compareBytes(start, start.length, starts[node] as Uint8Array);
    if (order < 0) left[node] = removeFrom(left[node] as number, start);
    else if (order > 0) right[node] = removeFrom(right[node] as number, start);
    else {
      free.push(node);
      size -= 1;
      keyBytes -= start.length;
      if (right[node] === NONE) return left[node] as number;
      // The next range takes this node's place.
      const next = leftmost(right[node] as number);
      right[next] = withoutLeftmost(right[node] as number);
      left[next] = left[node] as number;
      return balance(next);
    }
    return balance(node);
  };
  /** The node of the range that holds a key: the greatest start at or before it. */
  const find = (key: Uint8Array, length: number): number => {
    let found = NONE;
    for (let node = root; node !== NONE;) {
      if (compareBytes(key, length, starts[node] as Uint8Array) < 0) {
        node = left[node] as number;
      } else {
        found = node;
        node = right[node] as number;
      }
    }
    return found;
  };
  /** Calls `visit` with every node from the one that holds `from` on, in order, until it gives false. */
  const walk = (node: number, from: Uint8Array, visit: (node: number) => boolean): boolean => {
    if (node === NONE) return true;
    const isBefore = compareBytes(from, from.length, starts[node] as Uint8Array) > 0;
    if (!isBefore && !walk(left[node] as number, from, visit)) return false;
    if (!isBefore && !visit(node)) return false;
    return walk(right[node] as number, from, visit);
  };
  const inOrder = (): number[] => {
    const nodes: number[] = [];
    walk(root, new Uint8Array(0), (node) => nodes.push(node) > 0);
    return nodes;
  };
  const hottestNode = (): number => {
    let best = NONE;
    for (const node of inOrder()) if (best === NONE || (loads[node] as number) > (loads[best] as number)) best = node;
    return best;
  };
  const insert = (start: Uint8Array, owner: number): void => {
    assert(owner >= 0 && owner < members.length, `owner ${owner} of ${members.length} members`);
    root = insertInto(root, start, owner);
  };
  return {
    scheme: "tree",
    members,
    ownerOf: (key, length = key.length) => owners[find(key, length)] as number,
    ownersBetween: (from, to, into) => {
      let found = 0;
      const start = starts[find(from, from.length)] as Uint8Array;
      walk(root, start, (node) => {
        const begins = starts[node] as Uint8Array;
        if (to !== undefined && begins.length > 0 && compareBytes(begins, begins.length, to) >= 0) return false;
        let known = 0;
        while (known < found && into[known] !== owners[node]) known += 1;
        if (known === found && found < into.length) {
          into[found] = owners[node] as number;
          found += 1;
        }
        return found < into.length;
      });
      return found;
    },
    ranges: () =>
      inOrder().map((node, i, nodes): OwnedRange => ({
        owner: owners[node] as number,
        from: hexBytes(starts[node] as Uint8Array),
        to: hexBytes(starts[nodes[i + 1] ?? NONE] as Uint8Array),
      })),
    memory: () => left.byteLength + right.byteLength + heights.byteLength + owners.byteLength + loads.byteLength + keyBytes,
    insert,
    remove: (start) => {
      const node = find(start, start.length);
      if (start.length === 0 || compareBytes(start, start.length, starts[node] as Uint8Array) !== 0) return false;
      const load = loads[node] as number;
      root = removeFrom(root, start);
      const before = find(start, start.length);
      loads[before] = (loads[before] as number) + load;
      return true;
    },
    startOf: (key, length = key.length) => (starts[find(key, length)] as Uint8Array).slice(),
    record: (key, length, load) => {
      const node = find(key, length);
      loads[node] = (loads[node] as number) + load;
    },
    hottest: () => {
      const node = hottestNode();
      return { start: (starts[node] as Uint8Array).slice(), owner: owners[node] as number, load: loads[node] as number };
    },
    splitHottest: (at, owner) => {
      const node = hottestNode();
      if (find(at, at.length) !== node || compareBytes(at, at.length, starts[node] as Uint8Array) === 0) return false;
      const half = (loads[node] as number) / 2;
      insert(at, owner);
      loads[node] = half;
      loads[find(at, at.length)] = half;
      return true;
    },
    size: () => size,
    height: () => heightOf(root),
    verify: () => {
      const nodes = inOrder();
      assert(nodes.length === size, `${nodes.length} nodes reached of ${size}`);
      for (const [i, node] of nodes.entries()) {
        const l = heightOf(left[node] as number);
        const r = heightOf(right[node] as number);
        assert(Math.abs(l - r) <= 1 && heightOf(node) === 1 + Math.max(l, r), `node ${node}: heights ${l} and ${r}`);
        const start = starts[node] as Uint8Array;
        const before = starts[nodes[i - 1] ?? NONE] as Uint8Array;
        assert(i === 0 ? start.length === 0 : compareBytes(start, start.length, before) > 0, `node ${node} is out of order`);
      }
    },
  };
}

function grown<Table extends Int32Array | Int8Array | Float64Array>(from: Table, into: Table): Table {
  into.set(from);
  return into;
}
