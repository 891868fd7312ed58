/** Writes that wait for their entry's commitment, by log index: who asked, which operation and attempt. */
import type { MachineId } from "../../../../base/ids.ts";

export interface WaitingWrites {
  readonly add: (index: number, from: MachineId, operation: number, attempt: number, commit: number) => void;
  /** The operation that waits at `index`, or -1. */
  readonly operationAt: (index: number) => number;
  readonly fromAt: (index: number) => MachineId;
  readonly attemptAt: (index: number) => number;
  readonly forget: (index: number) => void;
  /** The highest index at which anything ever waited. */
  readonly last: () => number;
}

/** A ring over the entries that are not committed yet; it grows when more of them wait. */
export function createWaitingWrites(): WaitingWrites {
  let capacity = 256;
  let from = new Int32Array(capacity);
  let operation = new Int32Array(capacity).fill(-1);
  let attempt = new Int32Array(capacity);
  let last = 0;

  function grow(commit: number): void {
    const before = { capacity, from, operation, attempt };
    capacity *= 2;
    from = new Int32Array(capacity);
    operation = new Int32Array(capacity).fill(-1);
    attempt = new Int32Array(capacity);
    for (let index = commit + 1; index <= last; index += 1) {
      const old = index & (before.capacity - 1);
      from[index & (capacity - 1)] = before.from[old]!;
      operation[index & (capacity - 1)] = before.operation[old]!;
      attempt[index & (capacity - 1)] = before.attempt[old]!;
    }
  }

  return {
    add: (index, machine, waiting, number, commit) => {
      while (index - commit >= capacity) grow(commit);
      const place = index & (capacity - 1);
      from[place] = machine;
      operation[place] = waiting;
      attempt[place] = number;
      last = Math.max(last, index);
    },
    operationAt: (index) => operation[index & (capacity - 1)]!,
    fromAt: (index) => from[index & (capacity - 1)]! as MachineId,
    attemptAt: (index) => attempt[index & (capacity - 1)]!,
    forget: (index) => {
      operation[index & (capacity - 1)] = -1;
    },
    last: () => last,
  };
}
