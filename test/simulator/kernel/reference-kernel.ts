/**
 * The plainest kernel: a binary heap of objects, cancelled by search. Slow and obvious, it shares no line with the real
 * one; differential tests compare the two.
 */
import type { Instant } from "../../../src/base/time.ts";
import type { EventId, Kernel } from "../../../src/simulator/kernel/kernel.ts";

interface Entry {
  at: number;
  order: number;
  id: number;
  readonly kind: number;
  readonly target: number;
  readonly argument: number;
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

export function createReferenceKernel(): Kernel {
  const heap: Entry[] = [];
  let now = 0;
  let order = 0;
  let ids = 0;
  let handled = 0;
  let stopped = false;
  const isStopped = (): boolean => stopped;

  function up(index: number): void {
    let child = index;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (before(heap[parent]!, heap[child]!)) return;
      [heap[parent], heap[child]] = [heap[child]!, heap[parent]!];
      child = parent;
    }
  }
  function down(index: number): void {
    let parent = index;
    for (;;) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) if (child < heap.length && before(heap[child]!, heap[least]!)) least = child;
      if (least === parent) return;
      [heap[parent], heap[least]] = [heap[least]!, heap[parent]!];
      parent = least;
    }
  }
  function add(entry: Entry): EventId {
    heap.push(entry);
    up(heap.length - 1);
    return entry.id as EventId;
  }
  function removeAt(index: number): Entry {
    const entry = heap[index]!;
    const last = heap.pop()!;
    if (index < heap.length) {
      heap[index] = last;
      down(index);
      up(index);
    }
    return entry;
  }
  const find = (id: number): number => heap.findIndex((entry) => entry.id === id);

  return {
    now: () => now as Instant,
    schedule: (at, kind, target, argument) => add({ at, order: (order += 1), id: (ids += 1), kind, target, argument }),
    cancel(id) {
      const index = find(id);
      if (index >= 0) removeAt(index);
      return index >= 0;
    },
    move(id, at) {
      const index = find(id);
      if (index < 0) return -1 as EventId;
      return add({ ...removeAt(index), at, order: (order += 1), id: (ids += 1) });
    },
    pending: () => heap.length,
    dispatched: () => handled,
    run(until, handle) {
      stopped = false;
      while (!isStopped() && heap.length > 0 && heap[0]!.at <= until) {
        const next = removeAt(0);
        now = next.at;
        handled += 1;
        handle(next.kind, next.target, next.argument);
      }
      if (!isStopped() && until < Infinity) now = until;
    },
    stop: () => {
      stopped = true;
    },
  };
}
