/**
 * The event queue: a total order of events by time, then by order of scheduling, in one pool of typed arrays.
 *
 * Three places hold events. The *ring* has a bucket for each of the next few thousand slices of time, each an unsorted
 * linked list; the *run* is the current slice, sorted; the *far* heap takes what lies beyond the ring, and what finds no
 * cheap place in a crowded run. The next event is the earlier of the run's and the heap's, so nothing has to migrate.
 * (After R. Brown's calendar queue, CACM 31(10), 1988, with a heap instead of laps around the ring.)
 *
 * A cancelled event's sequence number becomes -1; its entry is dropped when it surfaces, or when the dead outnumber the
 * living and all are swept at once: memory follows what is pending. An event moved to later keeps its place: its record
 * gets the new time and sequence number, and its entry is filed again when it surfaces too early. What order events are
 * dispatched in depends on their records alone, never on these doings.
 *
 * Nothing is allocated per event. The hot functions take the state as an argument and are written for V8: functions at
 * module level are compiled once with their constants folded in; `file` and `prepare` are longer than V8's limit for
 * inlining (460 bytes of bytecode) on purpose, so that the budget goes to `schedule` and the handler. Splitting them
 * costs 15 %. The `!` marks are on typed arrays indexed by slots and positions that these functions made themselves.
 */
import { assert } from "../../base/assert.ts";
import { CROWD, sortCrowd } from "./crowd-sort.ts";
import { growFar, growPool, growRun, popFar, type QueueState } from "./queue-state.ts";
import { betterShape, bucketOfNow, pendingOf, ringSizeFor, type Shape } from "./tuning.ts";

// The registers of queue-state.ts once more: V8 folds constants of the same module only. A test compares them.
const NOW = 0;
const SEQUENCE = 1;
const CURRENT = 2;
const SCALE = 3;
const FAR_TIME = 4;
const FAR_SEQUENCE = 5;
const DISPATCHED = 6;
const GONE = 7;
const LIMIT = 8;
const SHIFTS = 9;
const VISITS = 10;
const WINDOW_TO = 12;
/** For the test. */
export const REGISTERS = { NOW, SEQUENCE, CURRENT, SCALE, FAR_TIME, FAR_SEQUENCE, DISPATCHED, GONE, LIMIT, SHIFTS, VISITS, WINDOW_TO };

/** A handle is 24 bits of slot below 29 bits of sequence number: 53 bits, a double's whole numbers. */
const SLOT_RANGE = 16_777_216;
const SLOT_MASK = 0xff_ffff;
const GENERATION_MASK = 0x1fff_ffff;
/** An event that would have to pass more than this many others in the run goes to the far heap. */
const WALK_MOST = 64;
/** Dead entries below this are not worth a sweep. */
const DEAD_LEAST = 1_024;
/** A long search for the next bucket brings the next tuning nearer: so many buckets count as one event. */
const VISITS_PER_EVENT = 64;

/** What is called for each event. */
export type Handler = (kind: number, target: number, argument: number) => void;

/** Adds an event and gives its handle. Needs NOW <= at < 2^53. */
export function schedule(queue: QueueState, at: number, kind: number, target: number, argument: number): number {
  let slot = queue.free;
  if (slot < 0) slot = freshSlot(queue);
  const { floats, ints } = queue;
  const i = slot << 3;
  const f = slot << 2;
  queue.free = ints[i | 4]!;
  const sequence = floats[SEQUENCE]!;
  floats[SEQUENCE] = sequence + 1;
  floats[f] = at;
  floats[f | 1] = sequence;
  ints[i | 5] = kind;
  ints[i | 6] = target;
  ints[i | 7] = argument;
  const bucket = Math.floor(at * floats[SCALE]!);
  const ahead = bucket - floats[CURRENT]!;
  if (ahead > 0 && ahead < queue.ringSize) {
    const heads = queue.heads;
    const place = bucket & queue.mask;
    ints[i | 4] = heads[place]!;
    heads[place] = slot;
  } else file(queue, slot);
  return (sequence & GENERATION_MASK) * SLOT_RANGE + slot;
}

/** The slot of a pending event, or -1 when the handle is stale. */
function slotOf(queue: QueueState, id: number): number {
  if (id < 0) return -1;
  const generation = Math.floor(id / SLOT_RANGE);
  const slot = id - generation * SLOT_RANGE;
  if (slot >= queue.used) return -1;
  const sequence = queue.floats[(slot << 2) | 1]!;
  return sequence >= 0 && (sequence & GENERATION_MASK) === generation ? slot : -1;
}

/** Forgets a pending event. False when there is none with this handle. */
export function cancel(queue: QueueState, id: number): boolean {
  const slot = slotOf(queue, id);
  if (slot < 0) return false;
  bury(queue, slot);
  if (queue.dead > DEAD_LEAST && queue.dead > pendingOf(queue) + (queue.ringSize >> 1)) {
    rebuild(queue, { scale: queue.floats[SCALE]!, ringSize: ringSizeFor(pendingOf(queue), queue.ringSize) });
  }
  return true;
}

/** Moves a pending event to `at`, as if scheduled now, and gives its new handle; -1 when there is none with this handle. */
export function move(queue: QueueState, id: number, at: number): number {
  const slot = slotOf(queue, id);
  if (slot < 0) return -1;
  const { floats, ints } = queue;
  const f = slot << 2;
  const due = floats[f]!;
  // Later, and not in the run: its entry, wherever it is, will surface in time to be filed again.
  if (at >= due && at < Infinity && Math.floor(due * floats[SCALE]!) > floats[CURRENT]!) {
    const sequence = floats[SEQUENCE]!;
    floats[SEQUENCE] = sequence + 1;
    floats[GONE] = floats[GONE]! + 1;
    floats[f] = at;
    floats[f | 1] = sequence;
    return (sequence & GENERATION_MASK) * SLOT_RANGE + slot;
  }
  const i = slot << 3;
  const kind = ints[i | 5]!;
  const target = ints[i | 6]!;
  const argument = ints[i | 7]!;
  bury(queue, slot);
  return schedule(queue, at, kind, target, argument);
}

/**
 * Hands out the events up to and with `until`, in order. The clock stays at the last. True if a handler set
 * `queue.stopped`, which ended it early.
 */
export function drain(queue: QueueState, until: number, handle: Handler): boolean {
  begin(queue, until);
  while (!queue.stopped) {
    let top = queue.runCount - 1;
    if (top < 0 || queue.floats[queue.run[top]! << 2]! >= queue.floats[FAR_TIME]!) {
      if (!prepare(queue)) return false;
      top = queue.runCount - 1;
    }
    const { floats, ints } = queue;
    const slot = queue.run[top]!;
    const f = slot << 2;
    const i = slot << 3;
    const time = floats[f]!;
    if (time > until) return false;
    queue.runCount = top;
    if (floats[f | 1]! < 0) {
      release(queue, slot);
      continue;
    }
    floats[NOW] = time;
    floats[DISPATCHED] = floats[DISPATCHED]! + 1;
    floats[f | 1] = -1;
    ints[i | 4] = queue.free;
    queue.free = slot;
    handle(ints[i | 5]!, ints[i | 6]!, ints[i | 7]!);
  }
  return true;
}

function begin(queue: QueueState, until: number): void {
  queue.stopped = false;
  queue.floats[LIMIT] = until;
}

/** Puts a scheduled event where it belongs: the ring, the run or the far heap. */
function file(queue: QueueState, slot: number): void {
  const { floats } = queue;
  const time = floats[slot << 2]!;
  const sequence = floats[(slot << 2) | 1]!;
  // Here alone, because an instant before NOW or no number at all never counts as ahead of CURRENT.
  if (!(time >= floats[NOW]! && time <= Number.MAX_SAFE_INTEGER)) assert(false, `an event at ${time}, when it is ${floats[NOW]!}`);
  const bucket = Math.floor(time * floats[SCALE]!);
  const ahead = bucket - floats[CURRENT]!;
  if (ahead > 0) {
    if (ahead < queue.ringSize) {
      const place = bucket & queue.mask;
      queue.ints[(slot << 3) | 4] = queue.heads[place]!;
      queue.heads[place] = slot;
      return;
    }
  } else {
    if (queue.runCount === queue.run.length) growRun(queue);
    const run = queue.run;
    const count = queue.runCount;
    const stop = count > WALK_MOST ? count - WALK_MOST : 0;
    let place = count;
    while (place > stop) {
      const other = run[place - 1]!;
      const otherTime = floats[other << 2]!;
      if (otherTime > time || (otherTime === time && floats[(other << 2) | 1]! > sequence)) break;
      place -= 1;
    }
    if (place > stop || stop === 0) {
      for (let to = count; to > place; to -= 1) run[to] = run[to - 1]!;
      run[place] = slot;
      queue.runCount = count + 1;
      floats[SHIFTS] = floats[SHIFTS]! + (count - place);
      return;
    }
  }
  if (queue.farCount === queue.far.length) growFar(queue);
  const { far, farKeys } = queue;
  let child = queue.farCount;
  queue.farCount = child + 1;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    const parentTime = farKeys[parent << 1]!;
    const parentSequence = farKeys[(parent << 1) | 1]!;
    if (parentTime < time || (parentTime === time && parentSequence < sequence)) break;
    farKeys[child << 1] = parentTime;
    farKeys[(child << 1) | 1] = parentSequence;
    far[child] = far[parent]!;
    child = parent;
  }
  farKeys[child << 1] = time;
  farKeys[(child << 1) | 1] = sequence;
  far[child] = slot;
  if (child === 0) {
    floats[FAR_TIME] = time;
    floats[FAR_SEQUENCE] = sequence;
  }
}

/** Makes the last of the run the earliest event of all; false when there is none up to LIMIT. The last may be a dead one. */
function prepare(queue: QueueState): boolean {
  for (;;) {
    if (queue.floats[DISPATCHED]! >= queue.floats[WINDOW_TO]!) {
      const shape = betterShape(queue);
      if (shape !== undefined) rebuild(queue, shape);
    }
    const { floats, heads, mask } = queue;
    const top = queue.runCount - 1;
    if (top >= 0) {
      const f = queue.run[top]! << 2;
      const time = floats[f]!;
      const farTime = floats[FAR_TIME]!;
      if (farTime > time || (farTime === time && floats[FAR_SEQUENCE]! > floats[f | 1]!)) return true;
      takeFar(queue);
      continue;
    }
    // The run is empty: on to the next bucket that has events, but not past the far heap's first, nor past LIMIT.
    const scale = floats[SCALE]!;
    const farBucket = Math.floor(floats[FAR_TIME]! * scale);
    const lastBucket = Math.floor(floats[LIMIT]! * scale);
    const limit = farBucket < lastBucket ? farBucket : lastBucket;
    const current = floats[CURRENT]!;
    if (pendingOf(queue) + queue.dead > queue.farCount) {
      const most = limit - current < queue.ringSize ? limit - current : queue.ringSize;
      let place = current & mask;
      let steps = 0;
      let slot = -1;
      while (steps < most && slot < 0) {
        steps += 1;
        place = (place + 1) & mask;
        slot = heads[place]!;
      }
      floats[CURRENT] = current + steps;
      floats[VISITS] = floats[VISITS]! + steps;
      if (steps > VISITS_PER_EVENT) floats[WINDOW_TO] = floats[WINDOW_TO]! - steps / VISITS_PER_EVENT;
      if (slot >= 0) {
        heads[place] = -1;
        gather(queue, slot);
        continue;
      }
    } else if (limit > current && limit < Infinity) floats[CURRENT] = limit;
    if (queue.farCount === 0 || floats[FAR_TIME]! > floats[LIMIT]!) return false;
    takeFar(queue);
  }
}

/** Makes the list that starts at `first`, all of bucket CURRENT unless moved or dead, the run. Needs an empty run. */
function gather(queue: QueueState, first: number): void {
  const { floats, ints } = queue;
  const bucket = floats[CURRENT]!;
  const scale = floats[SCALE]!;
  let run = queue.run;
  let count = 0;
  let shifts = 0;
  for (let slot = first, next = 0; slot >= 0; slot = next) {
    next = ints[(slot << 3) | 4]!;
    const time = floats[slot << 2]!;
    const sequence = floats[(slot << 2) | 1]!;
    if (sequence < 0) release(queue, slot);
    else if (Math.floor(time * scale) !== bucket) file(queue, slot);
    else {
      if (count === run.length) {
        growRun(queue);
        run = queue.run;
      }
      // Beyond CROWD all go to the end, to be sorted at once.
      const stop = count < CROWD ? 0 : count;
      let place = count;
      while (place > stop) {
        const other = run[place - 1]!;
        const otherTime = floats[other << 2]!;
        if (otherTime > time || (otherTime === time && floats[(other << 2) | 1]! > sequence)) break;
        run[place] = other;
        place -= 1;
      }
      run[place] = slot;
      shifts += count - place;
      count += 1;
    }
  }
  if (count > CROWD) shifts += sortCrowd(run, queue.spare, count, floats);
  queue.runCount = count;
  floats[SHIFTS] = floats[SHIFTS]! + shifts;
}

/** Takes the top off the far heap: into the run, whose earliest it then is, unless it was moved or is dead. */
function takeFar(queue: QueueState): void {
  const sequence = queue.floats[FAR_SEQUENCE]!;
  const slot = popFar(queue);
  if (queue.floats[(slot << 2) | 1]! !== sequence) {
    fileAgain(queue, slot);
    return;
  }
  if (queue.runCount === queue.run.length) growRun(queue);
  queue.run[queue.runCount] = slot;
  queue.runCount += 1;
}

/** Files every entry anew, for another width of bucket or size of ring, and drops the dead. */
function rebuild(queue: QueueState, { scale, ringSize }: Shape): void {
  const { floats, ints, heads, far } = queue;
  queue.rebuilds += 1;
  // Ring and run become one chain, the latest of the run first, so that they are filed into the run without a search.
  let chain = -1;
  for (let place = 0; place < heads.length; place += 1) {
    for (let slot = heads[place]!, next = 0; slot >= 0; slot = next) {
      next = ints[(slot << 3) | 4]!;
      ints[(slot << 3) | 4] = chain;
      chain = slot;
    }
  }
  for (let i = queue.runCount - 1; i >= 0; i -= 1) {
    ints[(queue.run[i]! << 3) | 4] = chain;
    chain = queue.run[i]!;
  }
  const farCount = queue.farCount;
  queue.runCount = 0;
  queue.farCount = 0;
  floats[FAR_TIME] = Infinity;
  floats[FAR_SEQUENCE] = Infinity;
  floats[SCALE] = scale;
  floats[CURRENT] = bucketOfNow(queue);
  queue.ringSize = ringSize;
  queue.mask = ringSize - 1;
  if (ringSize === heads.length) heads.fill(-1);
  else queue.heads = new Int32Array(ringSize).fill(-1);
  // The heap is refilled in place: after i entries were taken from it, it holds at most i again.
  for (let i = 0; i < farCount; i += 1) fileAgain(queue, far[i]!);
  for (let slot = chain, next = 0; slot >= 0; slot = next) {
    next = ints[(slot << 3) | 4]!;
    fileAgain(queue, slot);
  }
}

function fileAgain(queue: QueueState, slot: number): void {
  if (queue.floats[(slot << 2) | 1]! < 0) release(queue, slot);
  else file(queue, slot);
}

/** Marks a pending event as dead; its entry stays where it is. */
function bury(queue: QueueState, slot: number): void {
  queue.floats[(slot << 2) | 1] = -1;
  queue.floats[GONE] = queue.floats[GONE]! + 1;
  queue.dead += 1;
}

/** Gives a dead event's slot back, once no entry refers to it. */
function release(queue: QueueState, slot: number): void {
  queue.ints[(slot << 3) | 4] = queue.free;
  queue.free = slot;
  queue.dead -= 1;
}

/** A slot never used before, linked to nothing. */
function freshSlot(queue: QueueState): number {
  if (queue.used === queue.capacity) {
    assert(queue.capacity <= SLOT_MASK, `more than ${SLOT_RANGE} events at once`);
    growPool(queue);
  }
  const slot = queue.used;
  queue.used = slot + 1;
  queue.ints[(slot << 3) | 4] = -1;
  return slot;
}
