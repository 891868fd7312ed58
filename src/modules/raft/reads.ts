/**
 * Linearizable reads without writing (section 8; dissertation section 6.4). A leader first knows what is committed, by an
 * entry of its own term; then it proves that no other has taken over since the read was asked: by a round of heartbeats
 * (ReadIndex), or by its lease, in which a quorum has promised to vote for nobody (section 6.4.1).
 */
import { refuse } from "./core.ts";
import type { Core } from "./core.ts";
import type { Progress } from "./flow.ts";
import type { Token } from "./input.ts";
import { reachedByQuorum } from "./quorum.ts";
import { startRound } from "./sending.ts";
import { protectionOf } from "./timing.ts";

/** Takes a read; reads that come while a round is under way share the next one. */
export function askRead(core: Core, token: Token): void {
  if (core.role !== "leader") {
    refuse(core, token, "notLeader");
    return;
  }
  if (core.commit < core.termStart) {
    core.reads.push({ token, index: 0, round: 0 });
    return;
  }
  if (isLeaseHeld(core, core.now)) {
    core.write.push({ kind: "readable", token, index: core.commit, by: "lease" });
    return;
  }
  core.reads.push({ token, index: core.commit, round: core.round + 1 });
  serveReads(core);
}

/** An entry of this term is committed: the leader now knows all that is (section 8), and the reads that waited for that are placed. */
export function placeReads(core: Core): void {
  for (const read of core.reads) {
    read.index = core.commit;
    read.round = core.round + 1;
  }
  serveReads(core);
}

/** Answers the reads whose round a quorum has answered, and starts a round for those that wait for a new one. */
export function serveReads(core: Core): void {
  // They are not placed yet.
  if (core.commit < core.termStart) return;
  const { reads } = core;
  core.self.ackedRound = core.round;
  const confirmed = reachedByQuorum(core.peers, roundOf, core.scratch);
  while (reads.length > 0 && reads[0]!.round <= confirmed) {
    const { token, index } = reads.shift()!;
    core.write.push({ kind: "readable", token, index, by: "readIndex" });
  }
  const next = reads[0];
  if (next === undefined || next.round <= core.round) return;
  startRound(core);
  // A leader alone has been answered already.
  serveReads(core);
}

/** Whether this leader may read by the clock: a quorum promised, no earlier than `start`, to vote for nobody for a while. */
export function isLeaseHeld(core: Core, now: number): boolean {
  const { reads, timing } = core.options;
  if (reads.kind !== "lease") return false;
  // Who was asked to campaign breaks the promises, and the message may be late.
  if (core.isTransferSent) return false;
  core.self.ackedSentAt = now;
  const start = reachedByQuorum(core.peers, sentAtOf, core.scratch);
  // The promise runs on the voter's clock, the lease on the leader's, which may be slower by the factor.
  return (now - start) * (1 + reads.driftBound) < protectionOf(timing);
}

const roundOf = (progress: Progress): number => progress.ackedRound;
const sentAtOf = (progress: Progress): number => progress.ackedSentAt;
