/**
 * What is known of one member, and how fast it is fed. A leader probes until it knows where the logs part, then streams
 * without waiting (replicate), or sends a snapshot to one that is too far behind: the three states of etcd's tracker.
 */
import type { Index, PeerId } from "./entry.ts";
import type { Options } from "./options.ts";

export interface Progress {
  readonly id: PeerId;
  /** In `voters`; in `outgoing`. Both false: a learner, or this very peer outside the membership. */
  isVoter: boolean;
  isOutgoing: boolean;
  /** In the running election or pre-vote: 1 granted, -1 refused, 0 silent. */
  vote: -1 | 0 | 1;
  /** matchIndex and nextIndex of Figure 2. */
  match: Index;
  next: Index;
  state: "probe" | "replicate" | "snapshot";
  /** While probing: an append is on its way, so nothing more until an answer, or until the follower answers a heartbeat. */
  isPaused: boolean;
  /** When the last probe left: an answer to a heartbeat sent before it says nothing about it. */
  probedAt: number;
  /** Heard of since the last check for a quorum. */
  isActive: boolean;
  /** The latest round and the latest send that it answered. */
  ackedRound: number;
  ackedSentAt: number;
  /** The snapshot on its way, the bytes that arrived, and whether any did since it last answered a heartbeat. */
  snapshotIndex: Index;
  snapshotOffset: number;
  hasChunkMoved: boolean;
  /** Appends in flight, a ring: last place and bytes of each. */
  readonly inflightEnds: Index[];
  readonly inflightSizes: number[];
  inflightHead: number;
  inflightCount: number;
  inflightBytes: number;
}

/** A member of whom nothing is known. Counts as heard of, so that one just added is not held against the leader. */
export function createProgress(id: PeerId, next: Index): Progress {
  return {
    id,
    isVoter: false,
    isOutgoing: false,
    vote: 0,
    match: 0,
    next,
    state: "probe",
    isPaused: false,
    probedAt: -Infinity,
    isActive: true,
    ackedRound: 0,
    ackedSentAt: -Infinity,
    snapshotIndex: 0,
    snapshotOffset: 0,
    hasChunkMoved: false,
    inflightEnds: [],
    inflightSizes: [],
    inflightHead: 0,
    inflightCount: 0,
    inflightBytes: 0,
  };
}

/** Forgets all but who it is: a new leader knows nothing yet (section 5.3, "initialises all nextIndex values"). */
export function resetProgress(progress: Progress, next: Index): void {
  progress.match = 0;
  progress.isActive = false;
  progress.ackedRound = 0;
  progress.ackedSentAt = -Infinity;
  probe(progress, next);
}

/** One append at a time, from `next`. */
export function probe(progress: Progress, next: Index): void {
  progress.state = "probe";
  progress.next = next;
  progress.isPaused = false;
  clearInflight(progress);
}

/** Appends without waiting, from behind what is known to match. */
export function replicate(progress: Progress): void {
  progress.state = "replicate";
  progress.next = progress.match + 1;
  clearInflight(progress);
}

/** The log no longer reaches back far enough: a snapshot first. */
export function awaitSnapshot(progress: Progress, index: Index): void {
  progress.state = "snapshot";
  progress.snapshotIndex = index;
  progress.snapshotOffset = 0;
  clearInflight(progress);
}

/** Whether an append may leave now. */
export function mayAppend(progress: Progress, options: Options): boolean {
  if (progress.state === "replicate") return !isInflightFull(progress, options);
  return progress.state === "probe" && !progress.isPaused;
}

export function isInflightFull(progress: Progress, options: Options): boolean {
  return progress.inflightCount >= options.inflightMessagesMax || progress.inflightBytes >= options.inflightBytesMax;
}

/** Counts an append that ends at `end`. */
export function addInflight(progress: Progress, end: Index, bytes: number): void {
  const room = progress.inflightEnds.length;
  if (progress.inflightCount === room) grow(progress);
  const at = (progress.inflightHead + progress.inflightCount) % progress.inflightEnds.length;
  progress.inflightEnds[at] = end;
  progress.inflightSizes[at] = bytes;
  progress.inflightCount += 1;
  progress.inflightBytes += bytes;
}

/** Takes out all appends that end at or before `match`. */
export function freeInflight(progress: Progress, match: Index): void {
  while (progress.inflightCount > 0 && progress.inflightEnds[progress.inflightHead]! <= match) freeOldest(progress);
}

/** Takes out one, of one at least: a full window with every answer lost would stay shut for good. */
export function freeOldest(progress: Progress): void {
  progress.inflightBytes -= progress.inflightSizes[progress.inflightHead]!;
  progress.inflightHead = (progress.inflightHead + 1) % progress.inflightEnds.length;
  progress.inflightCount -= 1;
}

function clearInflight(progress: Progress): void {
  progress.inflightHead = 0;
  progress.inflightCount = 0;
  progress.inflightBytes = 0;
}

/** Doubles the ring, which is full: idle groups, of which there are thousands, hold none. */
function grow(progress: Progress): void {
  const room = Math.max(4, progress.inflightEnds.length * 2);
  for (const ring of [progress.inflightEnds, progress.inflightSizes]) {
    // The oldest to the front.
    ring.push(...ring.splice(0, progress.inflightHead));
    while (ring.length < room) ring.push(0);
  }
  progress.inflightHead = 0;
}
