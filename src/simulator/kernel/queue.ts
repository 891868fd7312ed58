/**
 * The event queue: a total order of events by time, then by order of scheduling, in pooled typed arrays.
 *
 * Three places hold events. The *ring* has a bucket for each of the next few thousand slices of time, each an unsorted
 * linked list; the *run* is the current slice, sorted; the *far* heap takes what lies beyond the ring, and whatever a
 * crowded run has no cheap place for. The next event is the smaller of the run's top and the heap's top, so nothing
 * migrates from heap to ring. (Brown's calendar queue, CACM 31(10), 1988, with a heap instead of "years".)
 *
 * Run and heap carry their own copy of an event's key. A record whose sequence number differs from the copy was
 * cancelled (-1) or moved since; so cancelling and moving are O(1), and the entry is put right when it surfaces.
 * When more entries are dead than alive, all are swept at once: memory follows what is pending.
 *
 * Nothing is allocated per event. The `!` marks below are on typed arrays indexed by slots and positions that this file
 * itself made; a check for each would double the cost of an event.
 */
import { assert } from "../../base/assert.ts";
import { createFarHeap } from "./far-heap.ts";
import { createSortedRun } from "./sorted-run.ts";

/** Slots are the low 24 bits of a handle: at most 16,777,216 events (pending and swept lazily) at once. */
const SLOT_BITS = 24;
const SLOT_RANGE = 16_777_216;
/** The low 29 bits of the sequence number tell a slot's successive events apart: 24 + 29 = 53, a double's whole numbers. */
const GENERATION_MASK = 0x1fff_ffff;
