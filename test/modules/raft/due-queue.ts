/** A binary heap by time, then by order of scheduling. */

export interface Due<What> {
  readonly at: number;
  readonly order: number;
  readonly what: What;
}

export function push<What>(heap: Due<What>[], due: Due<What>): void {
  let at = heap.length;
  heap.push(due);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(due, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = due;
}

export function pop<What>(heap: Due<What>[]): Due<What> {
  const top = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return top;
}

function isBefore(left: Due<unknown>, right: Due<unknown>): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}
