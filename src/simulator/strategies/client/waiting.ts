/** Two small queues of things that come due: one whose delays are all alike (a ring), one for delays of any length. */

/** Items that come due in the order in which they were added. */
export interface DueRing {
  readonly push: (due: number, item: number, tag: number) => void;
  /** Earliest due time, or Infinity. */
  readonly due: () => number;
  readonly item: () => number;
  readonly tag: () => number;
  readonly pop: () => void;
}

export function createDueRing(): DueRing {
  let capacity = 64;
  let dues = new Float64Array(capacity);
  let items = new Int32Array(capacity);
  let tags = new Int32Array(capacity);
  let head = 0;
  let count = 0;
  return {
    push: (due, item, tag) => {
      if (count === capacity) {
        const larger = capacity * 2;
        const nextDues = new Float64Array(larger);
        const nextItems = new Int32Array(larger);
        const nextTags = new Int32Array(larger);
        for (let i = 0; i < count; i += 1) {
          const from = (head + i) & (capacity - 1);
          nextDues[i] = dues[from]!;
          nextItems[i] = items[from]!;
          nextTags[i] = tags[from]!;
        }
        dues = nextDues;
        items = nextItems;
        tags = nextTags;
        head = 0;
        capacity = larger;
      }
      const place = (head + count) & (capacity - 1);
      dues[place] = due;
      items[place] = item;
      tags[place] = tag;
      count += 1;
    },
    due: () => (count === 0 ? Infinity : dues[head]!),
    item: () => items[head]!,
    tag: () => tags[head]!,
    pop: () => {
      head = (head + 1) & (capacity - 1);
      count -= 1;
    },
  };
}

/** Items that come due in any order; equal times in the order in which they were added. A binary heap. */
export function createDueHeap(): DueRing {
  const heap: { due: number; order: number; item: number; tag: number }[] = [];
  let order = 0;
  const before = (a: number, b: number): boolean =>
    heap[a]!.due < heap[b]!.due || (heap[a]!.due === heap[b]!.due && heap[a]!.order < heap[b]!.order);
  const swap = (a: number, b: number): void => {
    const held = heap[a]!;
    heap[a] = heap[b]!;
    heap[b] = held;
  };
  return {
    push: (due, item, tag) => {
      heap.push({ due, order, item, tag });
      order += 1;
      for (let at = heap.length - 1; at > 0;) {
        const parent = (at - 1) >> 1;
        if (!before(at, parent)) break;
        swap(at, parent);
        at = parent;
      }
    },
    due: () => heap[0]?.due ?? Infinity,
    item: () => heap[0]!.item,
    tag: () => heap[0]!.tag,
    pop: () => {
      const last = heap.pop()!;
      if (heap.length === 0) return;
      heap[0] = last;
      for (let at = 0; ;) {
        const left = 2 * at + 1;
        if (left >= heap.length) break;
        const child = left + 1 < heap.length && before(left + 1, left) ? left + 1 : left;
        if (!before(child, at)) break;
        swap(at, child);
        at = child;
      }
    },
  };
}
