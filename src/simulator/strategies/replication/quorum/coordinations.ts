/** Requests that a coordinator has under way, as a pool of typed arrays; tokens tell a place's present request from earlier ones. */

/** What is under way: nothing, a read or a write that gathers answers, a read that waits for its repairs. */
export const Stage = { Free: 0, Reading: 1, Writing: 2, Repairing: 3 } as const;

/** Tokens are place + serial x this: so many requests at a time at most. */
const PLACES = 65_536;
/** What a replica answered: nothing yet, that it holds nothing. */
export const NO_ANSWER = -Infinity;
export const NOTHING = -1e300;

export interface CoordinationFields {
  readonly stage: Uint8Array;
  readonly serial: Float64Array;
  readonly operation: Int32Array;
  /** `Io.identity` of the operation when it came. */
  readonly identity: Float64Array;
  readonly from: Int32Array;
  readonly attempt: Int32Array;
  readonly shard: Int32Array;
  readonly key: Int32Array;
  readonly demand: Float64Array;
  readonly startedAt: Float64Array;
  /** Bits by ordinal: asked, answered, suspected from the start, replicas that some other server stands in for. */
  readonly asked: Int32Array;
  readonly answered: Int32Array;
  readonly absent: Int32Array;
  /** Answers that count, and how many are needed. */
  readonly count: Int32Array;
  readonly needed: Int32Array;
  /** Of a write its version, of a read the newest so far: a place of the shelf, or -1. */
  readonly place: Int32Array;
  /** The newest is a tombstone that was purged, which is nothing. */
  readonly isGhost: Uint8Array;
  /** The client has its answer. */
  readonly isAnswered: Uint8Array;
  /** Of a write: bytes, for its hints. */
  readonly bytes: Float64Array;
}

export interface Coordinations {
  readonly of: CoordinationFields;
  /** A place, its counters cleared; -1 if there are too many. */
  readonly open: (stage: number) => number;
  readonly close: (place: number) => void;
  readonly tokenOf: (place: number) => number;
  /** The place that a token names, or -1 if its request is over. */
  readonly find: (token: number) => number;
  /** What a replica (by ordinal) answered: the stamp of its version, NOTHING or NO_ANSWER. */
  readonly stampOf: (place: number, ordinal: number) => number;
  readonly setStamp: (place: number, ordinal: number, stamp: number) => void;
}

export function createCoordinations(): Coordinations {
  let capacity = 64;
  /** Ordinals that stamps are kept for. */
  const stride = 32;
  const of = {
    stage: new Uint8Array(capacity),
    serial: new Float64Array(capacity),
    operation: new Int32Array(capacity),
    identity: new Float64Array(capacity),
    from: new Int32Array(capacity),
    attempt: new Int32Array(capacity),
    shard: new Int32Array(capacity),
    key: new Int32Array(capacity),
    demand: new Float64Array(capacity),
    startedAt: new Float64Array(capacity),
    asked: new Int32Array(capacity),
    answered: new Int32Array(capacity),
    absent: new Int32Array(capacity),
    count: new Int32Array(capacity),
    needed: new Int32Array(capacity),
    place: new Int32Array(capacity),
    isGhost: new Uint8Array(capacity),
    isAnswered: new Uint8Array(capacity),
    bytes: new Float64Array(capacity),
  };
  let stamps = new Float64Array(capacity * stride);
  const free: number[] = [];
  let used = 0;
  let serials = 0;

  function grow(): void {
    capacity *= 2;
    for (const name of Object.keys(of) as (keyof typeof of)[]) {
      const larger = new (of[name].constructor as new (length: number) => Int32Array)(capacity);
      larger.set(of[name]);
      of[name] = larger as never;
    }
    const longer = new Float64Array(capacity * stride);
    longer.set(stamps);
    stamps = longer;
  }

  function fresh(): number {
    if (used === PLACES) return -1;
    if (used === capacity) grow();
    used += 1;
    return used - 1;
  }

  return {
    of,
    open: (stage) => {
      const place = free.pop() ?? fresh();
      if (place < 0) return -1;
      serials += 1;
      of.stage[place] = stage;
      of.serial[place] = serials;
      of.asked[place] = 0;
      of.answered[place] = 0;
      of.absent[place] = 0;
      of.count[place] = 0;
      of.place[place] = -1;
      of.isGhost[place] = 0;
      of.isAnswered[place] = 0;
      stamps.fill(NO_ANSWER, place * stride, (place + 1) * stride);
      return place;
    },
    close: (place) => {
      of.stage[place] = Stage.Free;
      free.push(place);
    },
    tokenOf: (place) => place + of.serial[place]! * PLACES,
    find: (token) => {
      const place = token % PLACES;
      return place < used && of.stage[place] !== Stage.Free && of.serial[place] === Math.floor(token / PLACES) ? place : -1;
    },
    stampOf: (place, ordinal) => stamps[place * stride + ordinal]!,
    setStamp: (place, ordinal, stamp) => {
      stamps[place * stride + ordinal] = stamp;
    },
  };
}
