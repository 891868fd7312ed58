/**
 * The facts of elections: when a peer gave its leader up, each term it stood in, and how that ended. A series of campaigns is
 * unbroken as long as its peer hears of no leader in between; its first campaign is where the suspicion became actionable.
 */
import type { ShardId } from "../../../../base/ids.ts";
import type { Io } from "../../../../base/machine.ts";
import type { Role } from "../../../../modules/raft/effects.ts";
import { NOBODY } from "../../../../modules/raft/entry.ts";

export interface Series {
  readonly became: (
    change: { readonly role: Role; readonly term: number; readonly leader: number },
    /** It stands because its leader asked it to: nobody is suspected. */
    isInvited: boolean,
    serverOf: (leader: number) => number,
    io: Io,
  ) => void;
  readonly isLeading: () => boolean;
  /** The last term that this peer led, or leads. */
  readonly term: () => number;
}

/** Who states the facts of an election: the group itself. */
const BY_RAFT = "raft";

/** `founder` is the server that the group begins with: whoever stands before it has led, gives it up. */
export function createSeries(shard: ShardId, server: number, founder: number): Series {
  let role: Role = "follower";
  let stoodIn = 0;
  let ledIn = 0;
  let isUnbroken = false;
  let lastLeader = founder;

  return {
    isLeading: () => role === "leader",
    term: () => ledIn,
    became: (change, isInvited, serverOf, io) => {
      const isStanding = change.role === "preCandidate" || change.role === "candidate";
      if (isStanding && !isUnbroken) {
        isUnbroken = true;
        if (!isInvited) io.fact({ kind: "actionable", server: lastLeader, shard, by: BY_RAFT });
      }
      if (change.role === "candidate" && stoodIn !== change.term) {
        stoodIn = change.term;
        io.fact({ kind: "election", shard, epoch: change.term, server, outcome: "started" });
      }
      if (role === "candidate" && change.role === "follower") io.fact({ kind: "election", shard, epoch: stoodIn, server, outcome: "lost" });
      if (change.role === "leader" && role !== "leader") {
        ledIn = change.term;
        io.fact({ kind: "election", shard, epoch: change.term, server, outcome: "won" });
        io.fact({ kind: "chosen", shard, epoch: change.term, server, by: BY_RAFT });
      }
      if (change.leader !== NOBODY) {
        isUnbroken = false;
        lastLeader = serverOf(change.leader);
      }
      role = change.role;
    },
  };
}
