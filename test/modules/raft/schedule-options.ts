/** What a random schedule is made of: some kinds of fault are switched off altogether, or each would hide behind the others. */
import type * as Raft from "../../../src/modules/raft/index.ts";
import type { Dice } from "./dice.ts";

export type FaultKind = "crash" | "pause" | "cut" | "compact" | "change" | "transfer" | "unreachable";

/** Fixes parts of what is drawn, to hunt for one thing. */
export interface Profile {
  readonly options?: Partial<Raft.Options>;
  readonly faults?: readonly FaultKind[];
  readonly lossMax?: number;
  /** How much faster the fastest clock may run; the bound that peers are told stays as drawn. */
  readonly drift?: number;
  readonly founders?: number;
  /** The share of messages that take up to twenty times as long. */
  readonly slow?: number;
  /** Runs on after healing, and wants the leader to stay. Not with changes: a removed peer may disturb the group. */
  readonly isStable?: boolean;
  /** The longest time between two acts of the nemesis. */
  readonly nemesisEvery?: number;
  readonly clientEvery?: number;
  /** How often a leader that is asked is asked to write. */
  readonly proposals?: number;
  readonly electionMax?: number;
  readonly votersMin?: number;
  readonly timing?: "exact" | "ticks";
  /** Stale reads are not caught at once, but by the histories at the end. */
  readonly leavesReads?: boolean;
  /** Multiples of the drawn values. */
  readonly syncFactor?: number;
  readonly pauseFactor?: number;
}

export interface ScheduleOptions {
  readonly options: Raft.Options;
  readonly timingOf: (id: number) => Raft.Timing;
  readonly faults: readonly FaultKind[];
  readonly loss: number;
  readonly duplication: number;
  readonly slow: number;
  readonly delayMin: number;
  readonly delayMax: number;
  readonly syncMax: number;
  readonly pauseMax: number;
  readonly downMax: number;
  readonly drift: number;
  readonly nemesisEvery: number;
  readonly clientEvery: number;
  readonly healMax: number;
}

export const ALL_FAULTS: readonly FaultKind[] = ["crash", "pause", "cut", "compact", "change", "transfer", "unreachable"];

export function drawOptions(random: Dice, profile: Profile): ScheduleOptions {
  const electionMin = 150;
  const electionMax = profile.electionMax ?? random.pick([155, 200, 300]);
  const heartbeat = random.pick([30, 50]);
  const tick = 10;
  const drift = random.pick([0, 0.02, 0.1]);
  const checkQuorum = random.chance(0.6);
  const kind = profile.timing ?? (random.chance(0.5) ? "exact" : "ticks");
  const phases = Array.from({ length: 8 }, () => random.below(tick));
  const exact = { kind: "exact", electionMin, electionMax, heartbeat } as const;
  const faults = ALL_FAULTS.filter(() => random.chance(0.75));
  const pauseFactor = profile.pauseFactor ?? 1;
  return {
    options: {
      timing: exact,
      preVote: random.chance(0.5),
      checkQuorum,
      reads: checkQuorum && random.chance(0.6) ? { kind: "lease", driftBound: drift } : { kind: "readIndex" },
      eagerCommit: random.chance(0.5),
      entryBytesMax: 1_000,
      uncommittedBytesMax: random.pick([60, 100_000]),
      messageEntriesMax: random.pick([1, 3, 100]),
      messageBytesMax: random.pick([50, 100_000]),
      inflightMessagesMax: random.pick([1, 2, 100]),
      inflightBytesMax: random.pick([60, 100_000]),
      snapshotChunkBytes: random.pick([2, 5, 100]),
      catchUpRounds: random.pick([0, 2, 10]),
      ...profile.options,
    },
    timingOf: (id) =>
      kind === "exact"
        ? exact
        : {
            kind: "ticks",
            tick,
            phase: phases[id]!,
            electionMin: electionMin / tick,
            // Never one value alone: two peers in step would then split every vote for ever.
            electionMax: Math.ceil(electionMax / tick) + 1,
            heartbeat: heartbeat / tick,
          },
    faults: profile.faults ?? (faults.length === 0 ? ALL_FAULTS : faults),
    loss: random.uniform() * random.uniform() * (profile.lossMax ?? 0.25),
    duplication: random.uniform() * 0.1,
    slow: profile.slow ?? random.uniform() * 0.1,
    delayMin: random.pick([0, 1]),
    delayMax: random.pick([2, 10, 20]),
    syncMax: random.pick([0, 2, 10]) * (profile.syncFactor ?? 1),
    pauseMax: random.pick([100, 500]) * pauseFactor,
    downMax: random.pick([20, 50, 500]),
    drift: profile.drift ?? drift,
    nemesisEvery: profile.nemesisEvery ?? random.pick([40, 100, 250]),
    clientEvery: profile.clientEvery ?? random.pick([4, 8, 25]),
    healMax: 10_000,
  };
}
