/** Reads that wait until the leader may answer them (ReadIndex, lease), by token: who asked, which operation, attempt and key. */
import type { MachineId } from "../../../../base/ids.ts";

export interface PendingReads {
  /** Keeps a read; gives its token. */
  readonly add: (from: MachineId, operation: number, identity: number, attempt: number, key: number) => number;
  readonly fromOf: (token: number) => MachineId;
  readonly operationOf: (token: number) => number;
  /** The operation's identity when it asked (`Io.identity`). */
  readonly identityOf: (token: number) => number;
  readonly attemptOf: (token: number) => number;
  readonly keyOf: (token: number) => number;
  readonly free: (token: number) => void;
}

export function createPendingReads(): PendingReads {
  let capacity = 64;
  let from = new Int32Array(capacity);
  let operation = new Int32Array(capacity);
  let identity = new Float64Array(capacity);
  let attempt = new Int32Array(capacity);
  let key = new Int32Array(capacity);
  const unused: number[] = [];
  let used = 0;

  function grown(array: Int32Array): Int32Array<ArrayBuffer> {
    const larger = new Int32Array(capacity);
    larger.set(array);
    return larger;
  }

  return {
    add: (machine, asked, who, number, wanted) => {
      let token = unused.pop();
      if (token === undefined) {
        if (used === capacity) {
          capacity *= 2;
          [from, operation, attempt, key] = [grown(from), grown(operation), grown(attempt), grown(key)];
          const identities = new Float64Array(capacity);
          identities.set(identity);
          identity = identities;
        }
        token = used;
        used += 1;
      }
      from[token] = machine;
      operation[token] = asked;
      identity[token] = who;
      attempt[token] = number;
      key[token] = wanted;
      return token;
    },
    fromOf: (token) => from[token]! as MachineId,
    operationOf: (token) => operation[token]!,
    identityOf: (token) => identity[token]!,
    attemptOf: (token) => attempt[token]!,
    keyOf: (token) => key[token]!,
    free: (token) => void unused.push(token),
  };
}
