/** Requests that wait for the acknowledgement of their entry: who asked, which operation and attempt, by log index. */

export interface WaitingWrites {
  /** The entry at `index` answers this request, of the operation with this identity (Io.identity); entries up to and including `settled` wait no more. */
  readonly add: (index: number, settled: number, from: number, operation: number, attempt: number, identity?: number) => void;
  /** Calls `visit` if a request waits for the entry, and forgets it. */
  readonly take: (index: number, visit: (from: number, operation: number, attempt: number, identity: number) => void) => void;
  readonly clear: () => void;
}

/** A ring that grows: nothing is allocated per request. */
export function createWaitingWrites(): WaitingWrites {
  let capacity = 256;
  let froms = new Int32Array(capacity);
  let operations = new Int32Array(capacity).fill(-1);
  let attempts = new Int32Array(capacity);
  let identities = new Float64Array(capacity);

  function grow(first: number, end: number): void {
    const before = capacity;
    capacity *= 2;
    const [oldFroms, oldOperations, oldAttempts, oldIdentities] = [froms, operations, attempts, identities];
    froms = new Int32Array(capacity);
    operations = new Int32Array(capacity).fill(-1);
    attempts = new Int32Array(capacity);
    identities = new Float64Array(capacity);
    for (let index = first; index < end; index += 1) {
      froms[index & (capacity - 1)] = oldFroms[index & (before - 1)]!;
      operations[index & (capacity - 1)] = oldOperations[index & (before - 1)]!;
      attempts[index & (capacity - 1)] = oldAttempts[index & (before - 1)]!;
      identities[index & (capacity - 1)] = oldIdentities[index & (before - 1)]!;
    }
  }

  return {
    add: (index, settled, from, operation, attempt, identity = 0) => {
      while (index - settled >= capacity) grow(settled + 1, index);
      const place = index & (capacity - 1);
      froms[place] = from;
      operations[place] = operation;
      attempts[place] = attempt;
      identities[place] = identity;
    },
    take: (index, visit) => {
      const place = index & (capacity - 1);
      const operation = operations[place]!;
      if (operation < 0) return;
      operations[place] = -1;
      visit(froms[place]!, operation, attempts[place]!, identities[place]!);
    },
    clear: () => {
      operations.fill(-1);
    },
  };
}
