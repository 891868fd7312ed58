/** How a peer behaves: time-outs, extensions, limits. All peers of a group should be given the same. */

/** Time-outs in whole units of the caller's clock (shardlab: microseconds), or in whole ticks of a clock of the peer's own. */
export type Timing =
  | {
      /** To the unit, as the paper's: the election time-out is uniform on the whole units from `electionMin` to `electionMax`. */
      readonly kind: "exact";
      readonly electionMin: number;
      readonly electionMax: number;
      readonly heartbeat: number;
    }
  | {
      /**
       * As etcd, TiKV and CockroachDB count: nothing happens but at `phase`, `phase + tick`, … The election time-out is uniform
       * on the whole numbers of ticks from `electionMin` to `electionMax`, both included (etcd: T and 2T - 1), counted from the
       * last reset, so that up to one tick is lost.
       */
      readonly kind: "ticks";
      readonly tick: number;
      /** In [0, tick). Draw it per peer: peers that tick together give false certainty. */
      readonly phase: number;
      readonly electionMin: number;
      readonly electionMax: number;
      readonly heartbeat: number;
    };

/** How linearizable reads prove that the leader still leads. */
export type Reads =
  /** By a round of heartbeats (dissertation section 6.4). Needs no clock. */
  | { readonly kind: "readIndex" }
  /**
   * By the clock while the last round is young enough, else by `readIndex` (section 6.4.1). `driftBound` is the promise that
   * no two peers' clocks differ in rate by more than the factor 1 + driftBound. Beyond it, reads may be stale. Needs `checkQuorum`.
   */
  | { readonly kind: "lease"; readonly driftBound: number };

export interface Options {
  readonly timing: Timing;
  /** A candidate first asks whether it would win (dissertation section 9.6). */
  readonly preVote: boolean;
  /**
   * A leader that has not heard of a majority for an election time-out steps down, and a peer that heard its leader within the
   * minimum time-out ignores requests for votes (dissertation sections 6.2 and 4.2.3; etcd's CheckQuorum).
   */
  readonly checkQuorum: boolean;
  readonly reads: Reads;
  /** Followers hear of a commit at once, not with the next append or heartbeat. */
  readonly eagerCommit: boolean;
  /** The largest command taken, in bytes. */
  readonly entryBytesMax: number;
  /** Proposals are refused while uncommitted entries hold more than this. One entry is always let through. */
  readonly uncommittedBytesMax: number;
  /** An append carries at most so many entries, and so many bytes unless its first entry alone has more. */
  readonly messageEntriesMax: number;
  readonly messageBytesMax: number;
  /** Appends sent to one follower and not yet answered: at most so many, and not one more once they hold so many bytes. */
  readonly inflightMessagesMax: number;
  readonly inflightBytesMax: number;
  /** The bytes of one chunk of a snapshot. */
  readonly snapshotChunkBytes: number;
  /** Rounds that a new voter has to catch up in (dissertation section 4.2.1 suggests 10). 0 adds it at once. */
  readonly catchUpRounds: number;
}

/**
 * What most groups want but for the time-outs. `entryBytesMax` (1.5 MiB), `messageBytesMax` (1 MiB) and `inflightMessagesMax` (512)
 * are etcd's (server/embed/config.go and server/etcdserver/raft.go, read at 00ddd0c and 07bebc4); the other limits are ours.
 */
export const DEFAULT_OPTIONS: Options = {
  timing: { kind: "exact", electionMin: 150_000, electionMax: 300_000, heartbeat: 50_000 },
  preVote: true,
  checkQuorum: true,
  reads: { kind: "readIndex" },
  eagerCommit: false,
  entryBytesMax: 1_572_864,
  uncommittedBytesMax: 67_108_864,
  messageEntriesMax: 1024,
  messageBytesMax: 1_048_576,
  inflightMessagesMax: 512,
  inflightBytesMax: 16_777_216,
  snapshotChunkBytes: 1_048_576,
  catchUpRounds: 10,
};

/** What is wrong with `options`, in words; empty if nothing is. */
export function problemsOf(options: Options): readonly string[] {
  const problems: string[] = [];
  const whole = (name: string, value: number, least: number): void => {
    if (!Number.isSafeInteger(value) || value < least) problems.push(`${name}: ${value} is not a whole number from ${least}`);
  };
  const { timing } = options;
  whole("timing.electionMin", timing.electionMin, 1);
  whole("timing.heartbeat", timing.heartbeat, 1);
  whole("timing.electionMax", timing.electionMax, timing.electionMin);
  if (timing.electionMax - timing.electionMin >= 4_294_967_296) problems.push("timing.electionMax: 2^32 or more above electionMin");
  if (timing.heartbeat >= timing.electionMin)
    problems.push("timing.heartbeat: not below electionMin, so followers would give up a live leader");
  if (timing.kind === "ticks") {
    whole("timing.tick", timing.tick, 1);
    whole("timing.phase", timing.phase, 0);
    if (timing.phase >= timing.tick) problems.push(`timing.phase: ${timing.phase} is not below the tick of ${timing.tick}`);
  }
  if (options.reads.kind === "lease") {
    if (!options.checkQuorum) problems.push("reads: a lease needs checkQuorum, by which voters protect the leader");
    if (!(options.reads.driftBound >= 0)) problems.push("reads.driftBound: not a number from 0");
  }
  whole("entryBytesMax", options.entryBytesMax, 1);
  whole("uncommittedBytesMax", options.uncommittedBytesMax, 1);
  whole("messageEntriesMax", options.messageEntriesMax, 1);
  whole("messageBytesMax", options.messageBytesMax, 1);
  whole("inflightMessagesMax", options.inflightMessagesMax, 1);
  whole("inflightBytesMax", options.inflightBytesMax, 1);
  whole("snapshotChunkBytes", options.snapshotChunkBytes, 1);
  whole("catchUpRounds", options.catchUpRounds, 0);
  return problems;
}
