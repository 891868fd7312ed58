/** Writes under way in the order of their sending, so that each can be looked at when it is no longer good in time. */
import type { OperationFields } from "./operations.ts";
import { Ending, grown } from "./operations.ts";

export interface Overdue {
  /** A write was sent; calls come in order of `dueAt`. */
  readonly watch: (operation: number, dueAt: number) => void;
  /** Lets go of all that was due by now; `visit` is called for those whose clients still wait. */
  readonly expire: (now: number, visit: (operation: number) => void) => void;
  /** When the oldest is due, or Infinity. */
  readonly next: () => number;
}

export function createOverdue(of: OperationFields): Overdue {
  let capacity = 1024;
  let operations = new Int32Array(capacity);
  let serials = new Float64Array(capacity);
  let dues = new Float64Array(capacity);
  let head = 0;
  let tail = 0;
  return {
    watch: (operation, dueAt) => {
      if (tail - head === capacity) {
        const turned = (array: Int32Array | Float64Array): void => {
          // In order from the head, then room behind.
          array.set([...array.subarray(head & (capacity - 1)), ...array.subarray(0, head & (capacity - 1))]);
        };
        for (const array of [operations, serials, dues]) turned(array);
        tail -= head;
        head = 0;
        capacity *= 2;
        operations = grown(operations, capacity);
        serials = grown(serials, capacity);
        dues = grown(dues, capacity);
      }
      const place = tail & (capacity - 1);
      operations[place] = operation;
      serials[place] = of.serial[operation]!;
      dues[place] = dueAt;
      tail += 1;
    },
    expire: (now, visit) => {
      for (; head < tail && dues[head & (capacity - 1)]! <= now; head += 1) {
        const place = head & (capacity - 1);
        const operation = operations[place]!;
        // The slot may be another operation's by now.
        if (of.serial[operation] === serials[place] && of.ending[operation] === Ending.Pending) visit(operation);
      }
    },
    next: () => (head < tail ? dues[head & (capacity - 1)]! : Infinity),
  };
}
