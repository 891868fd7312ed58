/** Snapshots on their way in (section 7, Figure 13, "Receiver implementation"). */
import { commitTo, flush, send } from "./core.ts";
import type { Core } from "./core.ts";
import { accept, acceptLeader } from "./following.ts";
import { restore, termAt } from "./log.ts";
import { restoreMembership } from "./membership.ts";
import type { SnapshotChunk } from "./messages.ts";

/** One chunk of the present term. The last one replaces log and state, unless the log turns out to reach as far already. */
export function onSnapshotChunk(core: Core, message: SnapshotChunk): void {
  acceptLeader(core, message.from);
  const { index } = message;
  if (index <= core.commit) {
    accept(core, message, core.commit);
    return;
  }
  if (termAt(core.log, index) === message.indexTerm) {
    // The log has what the snapshot describes: keep it and what follows (Figure 13, step 6).
    flush(core);
    commitTo(core, index);
    accept(core, message, index);
    return;
  }
  const offset = takeChunk(core, message);
  if (offset === message.size) {
    install(core, message);
    return;
  }
  const answer = core.write.snapshotResponse.take();
  answer.from = core.id;
  answer.to = message.from;
  answer.term = core.term;
  answer.index = index;
  answer.offset = offset;
  answer.round = message.round;
  answer.sentAt = message.sentAt;
  send(core, answer);
}

/** Keeps the chunk if it is the next one. Gives how many bytes are there now. */
function takeChunk(core: Core, message: SnapshotChunk): number {
  const { incoming } = core;
  // Two peers' snapshots of one place mean the same and need not be the same bytes.
  const isSame = incoming?.from === message.from && incoming.term === message.term && incoming.index === message.index;
  const expected = isSame ? incoming.offset : 0;
  if (message.offset !== expected) return expected;
  const { index, offset, bytes, data } = message;
  core.write.push({ kind: "snapshotChunk", index, offset, bytes, data });
  core.incoming = { from: message.from, term: message.term, index, offset: offset + bytes };
  return core.incoming.offset;
}

function install(core: Core, message: SnapshotChunk): void {
  const { index, indexTerm, membership, size } = message;
  flush(core);
  core.snapshot = { index, term: indexTerm, membership, size };
  core.commit = index;
  core.writes += 1;
  core.logWrite = core.writes;
  restore(core.log, index, indexTerm, core.writes);
  core.write.push({ kind: "persistSnapshot", write: core.writes, snapshot: core.snapshot });
  restoreMembership(core, membership, index);
  accept(core, message, index);
}
