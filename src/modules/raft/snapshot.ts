/**
 * Compaction, and snapshots on their way out (section 7 and Figure 13). One chunk at a time is under way to a follower: its
 * answer asks for the next, and an answered heartbeat without any progress has it sent again.
 */
import { assert } from "../../base/assert.ts";
import type { Index } from "./entry.ts";
import { send } from "./core.ts";
import type { Core } from "./core.ts";
import { awaitSnapshot } from "./flow.ts";
import type { Progress } from "./flow.ts";
import { compact, termAt } from "./log.ts";
import { compactMemberships } from "./membership.ts";
import type { SnapshotResponse } from "./messages.ts";

/** The caller holds a durable snapshot of its state as of `index`, of `size` bytes: the log up to there may go. */
export function compactTo(core: Core, index: Index, size: number): void {
  if (index <= core.log.baseIndex) return;
  assert(index <= compactableTo(core), `compacting to ${index}, but only ${compactableTo(core)} is committed and durable here`);
  const membership = compactMemberships(core, index);
  core.snapshot = { index, term: termAt(core.log, index)!, membership, size };
  compact(core.log, index, core.snapshot.term);
}

/**
 * The last place that may be compacted: committed, and durable here as it stands. A disk that took the snapshot but not the
 * write that truncates the log behind it would come back with entries that conflict.
 */
export function compactableTo(core: Core): Index {
  return Math.min(core.commit, core.log.stable);
}

/** Sends the chunk that `progress` waits for, from its beginning if the snapshot is another than before. */
export function sendChunk(core: Core, progress: Progress): void {
  const { snapshot } = core;
  if (progress.state !== "snapshot" || progress.snapshotIndex !== snapshot.index) awaitSnapshot(progress, snapshot.index);
  const message = core.write.snapshot.take();
  message.from = core.id;
  message.to = progress.id;
  message.term = core.term;
  message.round = core.round;
  message.sentAt = core.now;
  message.index = snapshot.index;
  message.indexTerm = snapshot.term;
  message.membership = snapshot.membership;
  message.size = snapshot.size;
  message.offset = progress.snapshotOffset;
  message.bytes = Math.min(core.options.snapshotChunkBytes, snapshot.size - progress.snapshotOffset);
  message.data = undefined;
  send(core, message);
}

/** The follower says how far it got: on from there. A follower that restarted begins anew, and says so by a lower offset. */
export function onSnapshotResponse(core: Core, progress: Progress, message: SnapshotResponse): void {
  if (progress.state !== "snapshot" || message.index !== progress.snapshotIndex) return;
  // An answer given twice; the chunk it asks for is under way.
  if (message.offset === progress.snapshotOffset) return;
  progress.hasChunkMoved = true;
  progress.snapshotOffset = message.offset;
  sendChunk(core, progress);
}

/** The follower is alive. If no chunk has arrived since it was last asked, the one under way was lost. */
export function onHeartbeatWhileSnapshot(core: Core, progress: Progress): void {
  if (!progress.hasChunkMoved) sendChunk(core, progress);
  progress.hasChunkMoved = false;
}
