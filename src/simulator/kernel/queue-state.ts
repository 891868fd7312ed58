/** What an event queue is made of: see queue.ts for how it works. Plain data, so that V8 can compile the functions over it once. */

/** Registers, as places in `floats`. Doubles kept in a typed array are updated in place; in a variable or field each update could allocate. */
export const NOW = 0;
/** The next sequence number: a double, so exact beyond 2^32 events. */
export const SEQUENCE = 1;
/** The bucket that the run came from. No event is ever scheduled before it, and none of a later bucket is in the run. */
export const CURRENT = 2;
/** Buckets per microsecond. An instant's bucket is floor(instant × SCALE), computed so everywhere: it never falls as time grows. */
export const SCALE = 3;
/** Time and sequence number on top of the far heap; both infinite when it is empty. */
export const FAR_TIME = 4;
export const FAR_SEQUENCE = 5;
export const DISPATCHED = 6;
/** Sequence numbers that will never be dispatched: of cancelled events, and those given up by moving. */
export const GONE = 7;
/** The last instant that the present `drain` may reach. */
export const LIMIT = 8;
/** Work of the present tuning window: places that events were shifted by in sorting, and buckets looked at. */
export const SHIFTS = 9;
export const VISITS = 10;
/** `DISPATCHED` when the window began, and when it is to end. */
export const WINDOW_FROM = 11;
export const WINDOW_TO = 12;
/** Slots 0 to 3 of the pool are these registers. */
export const FIRST_SLOT = 4;

/** One record is 32 bytes: time and sequence number (doubles), then link, kind, target and argument (int32). */
const RECORD_BYTES = 32;
const INITIAL_CAPACITY = 1_024;
const INITIAL_RING = 256;
/** Before anything is known: one bucket a millisecond. */
const INITIAL_SCALE = 0.001;
const WINDOW_FIRST = 256;

export interface QueueState {
  /** The pool: the same bytes as doubles (4 a record) and as int32 (8 a record). */
  floats: Float64Array;
  ints: Int32Array;
  capacity: number;
  /** Slots ever used, and the head of the list of free ones (linked through their records), or -1. */
  used: number;
  free: number;
  /** Cancelled events whose entries have not surfaced yet. */
  dead: number;
  /** The ring: for each of the next `ringSize` buckets (a power of two) the first slot of an unsorted list, or -1. */
  heads: Int32Array;
  ringSize: number;
  mask: number;
  /** The run: slots of the current bucket, sorted so that the earliest is last. `spare` is the sort's second array. */
  run: Int32Array;
  spare: Int32Array;
  runCount: number;
  /** The far heap: slots, and a copy of each one's time and sequence number as they were when it was put there. */
  far: Int32Array;
  farKeys: Float64Array;
  farCount: number;
  stopped: boolean;
  rebuilds: number;
}

export function createQueueState(): QueueState {
  const buffer = new ArrayBuffer(INITIAL_CAPACITY * RECORD_BYTES);
  const floats = new Float64Array(buffer);
  floats[SCALE] = INITIAL_SCALE;
  floats[FAR_TIME] = Infinity;
  floats[FAR_SEQUENCE] = Infinity;
  floats[WINDOW_TO] = WINDOW_FIRST;
  return {
    floats,
    ints: new Int32Array(buffer),
    capacity: INITIAL_CAPACITY,
    used: FIRST_SLOT,
    free: -1,
    dead: 0,
    heads: new Int32Array(INITIAL_RING).fill(-1),
    ringSize: INITIAL_RING,
    mask: INITIAL_RING - 1,
    run: new Int32Array(128),
    spare: new Int32Array(128),
    runCount: 0,
    far: new Int32Array(128),
    farKeys: new Float64Array(256),
    farCount: 0,
    stopped: false,
    rebuilds: 0,
  };
}

/** Doubles the pool. */
export function growPool(queue: QueueState): void {
  queue.capacity *= 2;
  const buffer = new ArrayBuffer(queue.capacity * RECORD_BYTES);
  const floats = new Float64Array(buffer);
  floats.set(queue.floats);
  queue.floats = floats;
  queue.ints = new Int32Array(buffer);
}

/** Doubles the run and the sort's spare array. */
export function growRun(queue: QueueState): void {
  const run = new Int32Array(queue.run.length * 2);
  run.set(queue.run);
  queue.run = run;
  queue.spare = new Int32Array(run.length);
}

/** Doubles the far heap. */
export function growFar(queue: QueueState): void {
  const far = new Int32Array(queue.far.length * 2);
  far.set(queue.far);
  const keys = new Float64Array(far.length * 2);
  keys.set(queue.farKeys);
  queue.far = far;
  queue.farKeys = keys;
}

/** Takes the top off the far heap and gives its slot. Needs farCount > 0. */
export function popFar(queue: QueueState): number {
  const { far, farKeys, floats } = queue;
  const taken = far[0]!;
  const count = queue.farCount - 1;
  queue.farCount = count;
  const time = farKeys[count << 1]!;
  const sequence = farKeys[(count << 1) | 1]!;
  let parent = 0;
  for (;;) {
    let child = (parent << 1) | 1;
    if (child >= count) break;
    let childTime = farKeys[child << 1]!;
    let childSequence = farKeys[(child << 1) | 1]!;
    const other = child + 1;
    if (other < count) {
      const otherTime = farKeys[other << 1]!;
      const otherSequence = farKeys[(other << 1) | 1]!;
      if (otherTime < childTime || (otherTime === childTime && otherSequence < childSequence)) {
        child = other;
        childTime = otherTime;
        childSequence = otherSequence;
      }
    }
    if (time < childTime || (time === childTime && sequence < childSequence)) break;
    farKeys[parent << 1] = childTime;
    farKeys[(parent << 1) | 1] = childSequence;
    far[parent] = far[child]!;
    parent = child;
  }
  farKeys[parent << 1] = time;
  farKeys[(parent << 1) | 1] = sequence;
  far[parent] = far[count]!;
  floats[FAR_TIME] = count > 0 ? farKeys[0]! : Infinity;
  floats[FAR_SEQUENCE] = count > 0 ? farKeys[1]! : Infinity;
  return taken;
}
