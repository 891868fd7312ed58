/**
 * When a leader's entries are committed: once a quorum holds them durably, and only if the last of them is of the leader's own
 * term (section 5.4.2 and Figure 8); earlier ones are committed along with it. The leader's own disk is one voice among the
 * others: entries may be committed before it has them (dissertation section 10.2.1).
 */
import { commitTo } from "./core.ts";
import type { Core } from "./core.ts";
import { onMembershipCommitted } from "./change.ts";
import type { Progress } from "./flow.ts";
import { entryAt, lastIndex, termAt } from "./log.ts";
import { reachedByQuorum } from "./quorum.ts";
import { placeReads } from "./reads.ts";
import { sendAppend } from "./sending.ts";

/** Moves the commit index as far as the quorums allow. A membership that this commits may change them, hence the loop. */
export function advanceCommit(core: Core): void {
  const before = core.commit;
  while (core.role === "leader") {
    core.self.match = Math.min(core.log.stable, lastIndex(core.log));
    const reached = reachedByQuorum(core.peers, matchOf, core.scratch);
    if (reached <= core.commit || termAt(core.log, reached) !== core.term) break;
    releaseBytes(core, reached);
    commitTo(core, reached);
    onMembershipCommitted(core);
  }
  if (core.commit === before || core.role !== "leader") return;
  if (before < core.termStart) placeReads(core);
  if (core.options.eagerCommit) tellFollowers(core);
}

/** Followers that stream hear of the commit at once; the others hear with what they are sent next. A leader does not stream to itself. */
function tellFollowers(core: Core): void {
  for (const progress of core.peers) {
    if (progress.state !== "replicate" || progress.next <= lastIndex(core.log)) continue;
    sendAppend(core, progress);
  }
}

function releaseBytes(core: Core, index: number): void {
  for (let i = core.commit + 1; i <= index; i += 1) core.uncommittedBytes -= entryAt(core.log, i)!.size;
}

const matchOf = (progress: Progress): number => progress.match;
