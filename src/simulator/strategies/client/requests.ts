/**
 * The requests that one router (a client, a proxy) has under way, as a pool of typed arrays: nothing is allocated per
 * request. A slot is used again; its serial number and its attempts' numbers tell old news from new.
 */

/** Of a request: nobody's, waiting for an attempt's answer, for the end of a pause, or about to be decided on. */
export const State = { Free: 0, Sent: 1, Pausing: 2, Between: 3 } as const;

export interface RequestFields {
  readonly operation: Int32Array;
  readonly shard: Int32Array;
  readonly key: Int32Array;
  /** Kind of operation, as numbered in workload.ts. */
  readonly kind: Int32Array;
  readonly state: Int32Array;
  /** Number of the attempt, and of the request in this slot (so that old answers are known for what they are). */
  readonly attempt: Int32Array;
  readonly serial: Int32Array;
  readonly retries: Int32Array;
  readonly hops: Int32Array;
  /** Attempts of this request that nobody answered. */
  readonly misses: Int32Array;
  /** Who was asked last. */
  readonly server: Int32Array;
  readonly writing: Int32Array;
  /** First attempt of the step that it is in: a read-modify-write reads, then writes. */
  readonly firstAttempt: Int32Array;
  /** 1 once an attempt may have taken effect without an answer. */
  readonly unsure: Int32Array;
  readonly readDemand: Float64Array;
  readonly writeDemand: Float64Array;
  readonly bytes: Float64Array;
  readonly deadline: Float64Array;
  /** The client's own stamp of a write, the same for all its attempts; 0 for none. */
  readonly stamp: Float64Array;
  /** The next request of the same operation, or -1: the parts of one that asks several shards. */
  readonly next: Int32Array;
}

export interface Requests {
  /** The arrays; replaced when the pool grows, so take them from here at each use. */
  readonly of: RequestFields;
  /** A slot for an operation, in which counters of the last request are cleared and its attempts' numbers go on. */
  readonly open: (operation: number) => number;
  readonly close: (request: number) => void;
  /** The first request of an operation, or -1. */
  readonly find: (operation: number) => number;
  /** The request of an operation at a shard, or -1. */
  readonly findAt: (operation: number, shard: number) => number;
  /** Every slot ever used is below this. */
  readonly used: () => number;
}

export function createRequests(): Requests {
  let capacity = 64;
  const of = {
    operation: new Int32Array(capacity),
    shard: new Int32Array(capacity),
    key: new Int32Array(capacity),
    kind: new Int32Array(capacity),
    state: new Int32Array(capacity),
    attempt: new Int32Array(capacity),
    serial: new Int32Array(capacity),
    retries: new Int32Array(capacity),
    hops: new Int32Array(capacity),
    misses: new Int32Array(capacity),
    server: new Int32Array(capacity),
    writing: new Int32Array(capacity),
    firstAttempt: new Int32Array(capacity),
    unsure: new Int32Array(capacity),
    readDemand: new Float64Array(capacity),
    writeDemand: new Float64Array(capacity),
    bytes: new Float64Array(capacity),
    deadline: new Float64Array(capacity),
    stamp: new Float64Array(capacity),
    next: new Int32Array(capacity),
  };
  const free: number[] = [];
  let used = 0;
  let requestOf = new Int32Array(1024).fill(-1);

  function grow(): void {
    capacity *= 2;
    for (const name of Object.keys(of) as (keyof typeof of)[]) {
      const larger = new (of[name].constructor as new (length: number) => Int32Array)(capacity);
      larger.set(of[name]);
      of[name] = larger as never;
    }
  }

  function fresh(): number {
    if (used === capacity) grow();
    used += 1;
    return used - 1;
  }

  return {
    of,
    open: (operation) => {
      const request = free.pop() ?? fresh();
      of.operation[request] = operation;
      of.retries[request] = 0;
      of.hops[request] = 0;
      of.misses[request] = 0;
      of.unsure[request] = 0;
      of.stamp[request] = 0;
      of.firstAttempt[request] = of.attempt[request]! + 1;
      of.serial[request] = of.serial[request]! + 1;
      if (operation >= requestOf.length) {
        const larger = new Int32Array(Math.max(operation + 1, requestOf.length * 2)).fill(-1);
        larger.set(requestOf);
        requestOf = larger;
      }
      of.next[request] = requestOf[operation]!;
      requestOf[operation] = request;
      return request;
    },
    close: (request) => {
      of.state[request] = State.Free;
      const operation = of.operation[request]!;
      let before = requestOf[operation]!;
      if (before === request) requestOf[operation] = of.next[request]!;
      else {
        while (of.next[before] !== request) before = of.next[before]!;
        of.next[before] = of.next[request]!;
      }
      of.operation[request] = -1;
      free.push(request);
    },
    find: (operation) => requestOf[operation] ?? -1,
    findAt: (operation, shard) => {
      let request = requestOf[operation] ?? -1;
      while (request >= 0 && of.shard[request] !== shard) request = of.next[request]!;
      return request;
    },
    used: () => used,
  };
}
