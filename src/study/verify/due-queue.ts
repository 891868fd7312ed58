/** What is due, by time, then by order of scheduling: a binary heap. For the few pending events of one small experiment. */

export interface DueQueue<What> {
  readonly push: (at: number, what: What) => void;
  /** When the next is due; Infinity if there is none. */
  readonly nextAt: () => number;
  /** Takes the next one. Not when there is none. */
  readonly pop: () => What;
}

interface Due<What> {
  readonly at: number;
  readonly order: number;
  readonly what: What;
}

export function createDueQueue<What>(): DueQueue<What> {
  const heap: Due<What>[] = [];
  let order = 0;
  return {
    nextAt: () => (heap.length === 0 ? Infinity : heap[0]!.at),
    push: (at, what) => {
      order += 1;
      const due = { at, order, what };
      let place = heap.length;
      heap.push(due);
      while (place > 0) {
        const parent = (place - 1) >> 1;
        if (!isBefore(due, heap[parent]!)) break;
        heap[place] = heap[parent]!;
        place = parent;
      }
      heap[place] = due;
    },
    pop: () => {
      const { what } = heap[0]!;
      const last = heap.pop()!;
      if (heap.length > 0) sink(heap, last);
      return what;
    },
  };
}

function sink(heap: Due<unknown>[], due: Due<unknown>): void {
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, due)) break;
    heap[place] = heap[child]!;
    place = child;
  }
  heap[place] = due;
}

const isBefore = (left: Due<unknown>, right: Due<unknown>): boolean =>
  left.at < right.at || (left.at === right.at && left.order < right.order);
