/** Faults that someone could make in the module, what each breaks, and where to look for it. */
import type { Property } from "./judge.ts";
import type { Patch } from "./mutate.ts";
import type { Profile } from "./schedule-options.ts";

export interface Mutant {
  readonly name: string;
  readonly patches: readonly Patch[];
  readonly kill: Kill;
}

/** What finds it out. */
type Kill =
  | {
      /** A random schedule, by the judge alone. */
      readonly by: "schedule";
      /** What the judge may say: the first breach it meets is not always the deepest. */
      readonly breaks: readonly Property[];
      /** Schedules that bring it out; drawn freely if left out. */
      readonly profile?: Profile;
      /** The length of a schedule; 500 if left out. */
      readonly steps?: number;
      /** Where the search begins: a schedule known to show it. */
      readonly seed: number;
    }
  /** A claim of the paper that it no longer keeps. */
  | { readonly by: "sentence"; readonly says: string }
  /** A transcript that it answers otherwise. */
  | { readonly by: "transcript"; readonly file: string };

const LEASES: Profile = {
  options: { checkQuorum: true, reads: { kind: "lease", driftBound: 0 }, preVote: false },
  faults: ["crash", "cut"],
  drift: 0,
  founders: 3,
  timing: "exact",
  nemesisEvery: 250,
  clientEvery: 4,
  proposals: 0.05,
  electionMax: 155,
  lossMax: 0.05,
};
const CHANGES: Profile = { faults: ["change", "crash", "cut"], options: { catchUpRounds: 0, preVote: false }, lossMax: 0.6 };
const SLOW_DISKS: Profile = { faults: ["crash", "cut"], syncFactor: 10, lossMax: 0.4 };
const READS: Profile = {
  options: { reads: { kind: "readIndex" }, checkQuorum: false, preVote: false },
  faults: ["cut", "pause", "transfer"],
  founders: 3,
  slow: 0.2,
};
/** Three voters, one entry a message, and answers that arrive in a later term. */
const STALE: Profile = {
  options: { checkQuorum: false, reads: { kind: "readIndex" }, preVote: false, messageEntriesMax: 1 },
  faults: ["cut", "crash", "transfer"],
  founders: 3,
  lossMax: 0.5,
  slow: 0.3,
};
/** Three voters, one entry a message, and leaders that hardly ever finish. */
const FIGURE_8: Profile = {
  ...STALE,
  options: { ...STALE.options, inflightMessagesMax: 1 },
  faults: ["crash", "cut"],
  lossMax: 0.9,
  nemesisEvery: 40,
  clientEvery: 25,
};
const SNAPSHOTS: Profile = { faults: ["compact", "crash", "cut"], options: { snapshotChunkBytes: 2 }, lossMax: 0.5 };

const one = (file: string, from: string, to: string): readonly Patch[] => [{ file, from, to }];

export const MUTANTS: readonly Mutant[] = [
  {
    name: "votes twice in a term",
    patches: one("election.ts", "const isFree = core.vote === NOBODY || core.vote === message.from;", "const isFree = true;"),
    kill: {
      by: "schedule",
      breaks: ["One Vote", "Election Safety"],
      seed: 1,
    },
  },
  {
    name: "forgets its vote in a crash",
    patches: one("raft.ts", "    term,\n    vote,\n", "    term,\n    vote: NOBODY,\n"),
    kill: {
      by: "schedule",
      breaks: ["One Vote", "Election Safety"],
      profile: { faults: ["crash"] },
      seed: 3,
    },
  },
  {
    name: "forgets its term in a crash",
    patches: one("raft.ts", "    term,\n    vote,\n", "    term: Math.max(0, term - 1),\n    vote: NOBODY,\n"),
    kill: {
      by: "schedule",
      breaks: ["One Vote", "Election Safety", "Assertion", "Log Matching"],
      profile: { faults: ["crash"] },
      seed: 2,
    },
  },
  {
    name: "sends a vote before it is durable",
    patches: one("core.ts", "core.write.send(message.to, core.stateWrite, message);", "core.write.send(message.to, 0, message);"),
    kill: {
      by: "schedule",
      breaks: ["One Vote", "Election Safety"],
      profile: SLOW_DISKS,
      seed: 6,
    },
  },
  {
    name: "counts its own vote before it is durable and forgets it",
    patches: [
      {
        file: "election.ts",
        from: "clearVotes(core);\n  resetElection(core);\n  // Its own",
        to: "clearVotes(core);\n  core.self.vote = 1;\n  resetElection(core);\n  // Its own",
      },
      { file: "core.ts", from: "core.write.send(message.to, core.stateWrite, message);", to: "core.write.send(message.to, 0, message);" },
    ],
    kill: {
      by: "schedule",
      breaks: ["One Vote", "Election Safety", "Durability"],
      profile: SLOW_DISKS,
      seed: 3,
    },
  },
  {
    name: "takes refusals for votes",
    patches: one("election.ts", "progress.vote = message.granted ? 1 : -1;", "progress.vote = 1;"),
    kill: {
      by: "schedule",
      breaks: ["Election Safety", "Leader Completeness", "Durability"],
      seed: 3,
    },
  },
  {
    name: "counts votes of an earlier term",
    patches: one(
      "raft.ts",
      '  else if (message.kind === "voteRequest") refuseEarlierCandidate',
      '  else if (message.kind === "voteResponse") onVoteResponse(core, message);\n  else if (message.kind === "voteRequest") refuseEarlierCandidate',
    ),
    kill: {
      by: "schedule",
      breaks: ["Election Safety", "Leader Completeness"],
      profile: STALE,
      seed: 989,
    },
  },
  {
    name: "leads on a pre-vote alone",
    patches: one(
      "election.ts",
      "if (record(core, message) && isElectionWon(core.peers)) campaign(core, false);",
      "if (record(core, message) && isElectionWon(core.peers)) becomeLeader(core);",
    ),
    kill: {
      by: "schedule",
      breaks: ["Election Safety", "Assertion", "Leader Completeness", "Log Matching"],
      profile: { options: { preVote: true } },
      seed: 1,
    },
  },
  {
    name: "ignores whether a candidate's log is up to date",
    patches: one(
      "log.ts",
      "return candidateLastTerm > mine || (candidateLastTerm === mine && candidateLastIndex >= lastIndex(log));",
      "return candidateLastTerm >= 0 || mine < 0 || candidateLastIndex >= 0;",
    ),
    kill: {
      by: "schedule",
      breaks: ["Leader Completeness"],
      seed: 9,
    },
  },
  {
    name: "compares log lengths before terms",
    patches: one(
      "log.ts",
      "return candidateLastTerm > mine || (candidateLastTerm === mine && candidateLastIndex >= lastIndex(log));",
      "return candidateLastIndex > lastIndex(log) || (candidateLastIndex === lastIndex(log) && candidateLastTerm >= mine);",
    ),
    kill: {
      by: "schedule",
      breaks: ["Leader Completeness"],
      profile: { faults: ["cut", "crash", "transfer"], lossMax: 0.6, options: { preVote: false } },
      seed: 186,
    },
  },
  {
    name: "takes half for a majority",
    patches: one("quorum.ts", "return Math.floor(size / 2) + 1;", "return Math.max(1, Math.floor(size / 2));"),
    kill: {
      by: "schedule",
      breaks: ["Election Safety", "Durability", "Leader Completeness"],
      seed: 1,
    },
  },
  {
    name: "commits an entry of an old term by counting (Figure 8)",
    patches: one(
      "commit.ts",
      "if (reached <= core.commit || termAt(core.log, reached) !== core.term) break;",
      "if (reached <= core.commit) break;",
    ),
    kill: {
      by: "schedule",
      breaks: ["Leader Completeness", "State Machine Safety"],
      profile: FIGURE_8,
      seed: 34,
    },
  },
  {
    name: "confirms entries before they are durable",
    patches: one(
      "core.ts",
      "core.write.send(message.to, Math.max(core.stateWrite, core.logWrite), message);",
      "core.write.send(message.to, core.stateWrite, message);",
    ),
    kill: {
      by: "schedule",
      breaks: ["Durability"],
      seed: 3,
    },
  },
  {
    name: "counts its own entries before they are durable",
    patches: one(
      "commit.ts",
      "core.self.match = Math.min(core.log.stable, lastIndex(core.log));",
      "core.self.match = lastIndex(core.log);",
    ),
    kill: {
      by: "schedule",
      breaks: ["Durability"],
      seed: 26,
    },
  },
  {
    name: "takes a write that was truncated since for durable",
    patches: one(
      "log.ts",
      "log.writesLast[i] = Math.min(log.writesLast[i]!, first - 1);",
      "log.writesLast[i] = Math.max(log.writesLast[i]!, 0);",
    ),
    kill: { by: "transcript", file: "disks.txt" },
  },
  {
    name: "remembers what followers held in an earlier term",
    patches: one("flow.ts", "  progress.match = 0;\n  progress.isActive = false;", "  progress.isActive = false;"),
    kill: {
      by: "schedule",
      breaks: ["Durability", "Assertion", "Leader Completeness", "State Machine Safety"],
      profile: STALE,
      seed: 3225,
    },
  },
  {
    name: "skips the check of the previous entry",
    patches: one(
      "following.ts",
      "if (termAt(log, message.prevIndex) !== message.prevTerm) {",
      "if (termAt(log, message.prevIndex) === undefined) {",
    ),
    kill: {
      by: "schedule",
      breaks: ["Log Matching", "State Machine Safety"],
      profile: { faults: ["cut", "crash"], lossMax: 0.6 },
      seed: 6,
    },
  },
  {
    name: "lets an overtaken append take back what came later",
    patches: one(
      "following.ts",
      "if (present === entry.term) continue;",
      "if (present === entry.term && index === lastIndex(log)) continue;",
    ),
    kill: {
      by: "schedule",
      breaks: ["Assertion", "Durability", "Leader Completeness"],
      seed: 1,
    },
  },
  {
    name: "confirms all it has instead of what the leader compared",
    patches: one(
      "following.ts",
      "accept(core, message, match);\n}\n\n/** A sign of life",
      "accept(core, message, lastIndex(log));\n}\n\n/** A sign of life",
    ),
    kill: { by: "sentence", says: "5.3: a follower confirms what the message compared, not what else it has" },
  },
  {
    name: "commits beyond the last entry compared",
    patches: one(
      "following.ts",
      "commitTo(core, Math.min(message.commit, match));",
      "commitTo(core, Math.min(message.commit, lastIndex(log)));",
    ),
    kill: { by: "sentence", says: "Figure 2, AppendEntries 5: the commit index goes no further than the last entry of the message" },
  },
  {
    name: "lets a heartbeat commit what the follower may not hold",
    patches: one("sending.ts", "message.commit = Math.min(core.commit, progress.match);", "message.commit = core.commit;"),
    kill: {
      by: "schedule",
      breaks: ["Assertion", "State Machine Safety"],
      seed: 1,
    },
  },
  {
    name: "follows a leader of an earlier term",
    patches: one(
      "raft.ts",
      "if (message.term < core.term) {",
      'if (message.term < core.term && (message.kind !== "append" || core.role === "leader")) {',
    ),
    kill: {
      by: "schedule",
      breaks: ["Log Matching", "Durability", "State Machine Safety", "Assertion", "Leader Completeness"],
      profile: { faults: ["cut", "pause", "transfer"], options: { checkQuorum: false, reads: { kind: "readIndex" } } },
      seed: 12,
    },
  },
  {
    name: "takes answers to an earlier term for its own",
    patches: one(
      "raft.ts",
      '  else if (message.kind === "voteRequest") refuseEarlierCandidate',
      '  else if (message.kind === "appendAccepted") onAnswer(core, message);\n  else if (message.kind === "voteRequest") refuseEarlierCandidate',
    ),
    kill: { by: "transcript", file: "late-answers.txt" },
  },
  {
    name: "commits by the new majority alone while joint",
    patches: one(
      "quorum.ts",
      "return isJoint(peers) ? Math.min(incoming, reachedByMajority(peers, isOutgoing, valueOf, scratch)) : incoming;",
      "return incoming;",
    ),
    kill: {
      by: "schedule",
      breaks: ["Durability", "Leader Completeness"],
      profile: CHANGES,
      seed: 40,
    },
  },
  {
    name: "is elected by the new majority alone while joint",
    patches: one("quorum.ts", "return isQuorum(peers, hasGranted);", "return isMajority(peers, isVoter, hasGranted);"),
    kill: {
      by: "schedule",
      breaks: ["Election Safety", "Leader Completeness"],
      profile: CHANGES,
      seed: 60,
    },
  },
  {
    name: "leaves the joint configuration before it is committed",
    patches: one(
      "change.ts",
      "isDirect ? { voters, outgoing: [], learners, learnersNext: [] } : jointOf(membership, voters, learners)",
      "isDirect || voters.length > 0 ? { voters, outgoing: [], learners, learnersNext: [] } : jointOf(membership, voters, learners)",
    ),
    kill: {
      by: "schedule",
      breaks: ["Election Safety", "Leader Completeness", "Durability"],
      profile: CHANGES,
      seed: 57,
    },
  },
  {
    name: "takes a second change while one is pending",
    patches: one(
      "change.ts",
      "if (core.change !== undefined || isJoint(membership) || index > core.commit) return",
      "if (isJoint(membership) && index > core.commit + 1_000_000) return",
    ),
    kill: { by: "transcript", file: "catch-up.txt" },
  },
  {
    name: "keeps a membership that was truncated",
    patches: one("following.ts", "      dropMemberships(core, index);\n", ""),
    kill: { by: "transcript", file: "leaving-half-way.txt" },
  },
  {
    name: "lets learners vote and confirm",
    patches: one(
      "membership.ts",
      "progress.isVoter = membership.voters.includes(progress.id);",
      "progress.isVoter = membership.voters.includes(progress.id) || membership.learners.includes(progress.id);",
    ),
    kill: {
      by: "schedule",
      breaks: ["Durability", "Leader Completeness", "Election Safety"],
      profile: { ...CHANGES, options: { catchUpRounds: 10 } },
      seed: 41,
    },
  },
  {
    name: "does not restore the membership with a snapshot",
    patches: one("installing.ts", "  restoreMembership(core, membership, index);\n", "  void restoreMembership;\n"),
    kill: { by: "transcript", file: "snapshot.txt" },
  },
  {
    name: "installs a snapshot that is older than its commit index",
    patches: one("installing.ts", "if (index <= core.commit) {", "if (index < 0) {"),
    kill: {
      by: "schedule",
      breaks: ["Assertion", "Durability", "Liveness", "State Machine Safety"],
      profile: SNAPSHOTS,
      seed: 347,
    },
  },
  {
    name: "takes chunks in any order",
    patches: one("installing.ts", "if (message.offset !== expected) return expected;", "if (message.offset < 0) return expected;"),
    kill: {
      by: "schedule",
      breaks: ["Assertion"],
      profile: SNAPSHOTS,
      seed: 4,
    },
  },
  {
    name: "reads by ReadIndex without a round",
    patches: one("reads.ts", "round: core.round + 1 });", "round: 0 });"),
    kill: {
      by: "schedule",
      breaks: ["Linearizable Read"],
      profile: READS,
      seed: 23,
    },
  },
  {
    name: "reads by a round that began before the question",
    patches: one("reads.ts", "round: core.round + 1 });", "round: Math.max(1, core.round) });"),
    kill: { by: "transcript", file: "read-index.txt" },
  },
  {
    name: "reads before it knows what is committed",
    patches: [
      { file: "reads.ts", from: "if (core.commit < core.termStart) {", to: "if (core.commit < 0) {" },
      { file: "reads.ts", from: "if (core.commit < core.termStart) return;", to: "" },
    ],
    kill: {
      by: "schedule",
      breaks: ["Linearizable Read"],
      profile: READS,
      seed: 3,
    },
  },
  {
    name: "reads by a lease that no quorum gave",
    patches: one(
      "reads.ts",
      "const start = reachedByQuorum(core.peers, sentAtOf, core.scratch);",
      "const start = reachedByQuorum(core.peers, sentAtOf, core.scratch) > 0 ? now : -Infinity;",
    ),
    kill: {
      by: "schedule",
      breaks: ["Linearizable Read"],
      profile: LEASES,
      seed: 3,
    },
  },
  {
    name: "counts the lease from the answer, not from the question",
    patches: one(
      "replication.ts",
      "progress.ackedSentAt = Math.max(progress.ackedSentAt, message.sentAt);",
      "progress.ackedSentAt = core.now;",
    ),
    kill: { by: "transcript", file: "lease.txt" },
  },
  {
    name: "ignores the drift of clocks in a lease",
    patches: one("reads.ts", "(now - start) * (1 + reads.driftBound) < protectionOf(timing)", "(now - start) < protectionOf(timing)"),
    kill: {
      by: "schedule",
      breaks: ["Linearizable Read"],
      profile: { ...LEASES, drift: 2, options: { ...LEASES.options, reads: { kind: "lease", driftBound: 2 } } },
      steps: 1500,
      seed: 346,
    },
  },
  {
    name: "keeps its lease after it asked another to campaign",
    patches: one("reads.ts", "if (core.isTransferSent) return false;", ""),
    kill: {
      by: "schedule",
      breaks: ["Linearizable Read"],
      profile: { ...LEASES, faults: ["transfer", "cut"], slow: 0.3 },
      steps: 1500,
      seed: 13,
    },
  },
  {
    name: "votes against a leader that it has just heard",
    patches: one(
      "election.ts",
      "return core.options.checkQuorum && hasLeader(core);",
      "return core.options.checkQuorum && core.term < 0 && hasLeader(core);",
    ),
    kill: {
      by: "schedule",
      breaks: ["Linearizable Read"],
      profile: LEASES,
      steps: 1500,
      seed: 224,
    },
  },
  {
    name: "forgets in a crash that it had promised a lease",
    patches: one("raft.ts", 'heardAt: options.reads.kind === "lease" && term > 0 ? now : -Infinity,', "heardAt: -Infinity,"),
    kill: { by: "transcript", file: "lease.txt" },
  },
  {
    name: "lets a heartbeat not put off an election",
    patches: one("following.ts", "  core.heardAt = core.now;\n  resetElection(core);", "  core.heardAt = core.now;"),
    kill: {
      by: "schedule",
      breaks: ["Liveness"],
      profile: { isStable: true, faults: ["crash", "cut"] },
      seed: 6,
    },
  },
  {
    name: "forgets an append that was lost",
    patches: one("replication.ts", "  progress.isPaused = false;\n  if (isInflightFull(", "  if (isInflightFull("),
    kill: {
      by: "schedule",
      breaks: ["Liveness"],
      seed: 4,
    },
  },
  {
    name: "forgets a chunk that was lost",
    patches: one("snapshot.ts", "if (!progress.hasChunkMoved) sendChunk(core, progress);", ""),
    kill: {
      by: "schedule",
      breaks: ["Liveness"],
      profile: SNAPSHOTS,
      seed: 4,
    },
  },
];
