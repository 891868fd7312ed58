/**
 * What the elections of `verify raft` have in common: a leader crashes, and the survivors' next leader is waited for. It is played
 * twice, by the REAL module (election-module.ts) and by the bare rules (election-model.ts), under the same conditions.
 *
 * The construction is that of Ongaro and Ousterhout, ATC 2014 (extended version), section 9.3: heartbeats synchronised before the
 * crash, so that all time-outs start together; a crash that is uniform in the leader's heartbeat interval; logs of different
 * lengths; the time from the crash until all other servers have heard from the new leader.
 */
import type { Random } from "../../base/random.ts";
import type { Sampler } from "../../simulator/kernel/distributions.ts";

/** Times in microseconds. */
export interface Conditions {
  /** Servers of the group, and how many of them are down once the leader has crashed, itself included. */
  readonly servers: number;
  readonly down: number;
  /** Survivors whose log is up to date enough to win; what `leastEligible` gives makes all logs different. */
  readonly eligible: number;
  readonly electionMin: number;
  readonly electionMax: number;
  readonly heartbeat: number;
  readonly oneWay: Sampler;
  /** How long a candidate's term and vote take to become durable, and a voter's. */
  readonly persistCandidate: Sampler;
  readonly persistVoter: Sampler;
  /**
   * Together: the last heartbeat reached all survivors at one instant. Free: each heard at an instant of its own, uniform in the
   * heartbeat interval before the crash.
   */
  readonly timers: "together" | "free";
  /** When in the heartbeat interval the leader crashes: anywhere, as published, or just after a heartbeat. */
  readonly crash: "uniform" | "at once";
  /** 0: time-outs to the microsecond. Else they are whole ticks, counted by each server at a phase of its own. */
  readonly tick: number;
  readonly preVote: boolean;
  readonly checkQuorum: boolean;
  /** An election that has lasted so long is over without a leader, and counts as lasting as long. */
  readonly patience: number;
}

/** How one election went. Times from the crash. */
export interface Election {
  /** Until the first word of the first new leader has reached every other survivor. */
  readonly downtime: number;
  /** Until the first survivor's time-out. */
  readonly firstTimeout: number;
  /** Terms begun until there was a leader, its own included. */
  readonly terms: number;
  /** What it took to play: messages, writes and time-outs. */
  readonly steps: number;
}

/** Plays one election with the draws of `streamOf`. Undefined if that takes more than `stepsMost`. */
export type PlayElection = (conditions: Conditions, streamOf: (purpose: string) => Random, stepsMost: number) => Election | undefined;

export const survivorsOf = ({ servers, down }: Conditions): number => servers - down;

export const majorityOf = (servers: number): number => Math.floor(servers / 2) + 1;

/** The fewest survivors that can win however the logs are: of all different logs, all but the longest have one voter less each. */
export const leastEligible = (servers: number, down: number): number => servers - down - majorityOf(servers) + 1;

/**
 * The length of each survivor's log, longest first. All different if as few as possible are to be eligible; else the eligible
 * ones are alike, and the others shorter and all different.
 */
export function logLengths({ servers, down, eligible }: Conditions): readonly number[] {
  const survivors = servers - down;
  const areDifferent = eligible === leastEligible(servers, down);
  return Array.from({ length: survivors }, (_, rank) => (areDifferent || rank >= eligible ? survivors - rank : survivors));
}

/** When the survivors last heard the old leader, which is not before 0, and when it crashed. */
export function drawCrash(
  { heartbeat, timers, crash, servers, down }: Conditions,
  random: Random,
): { readonly crash: number; readonly heard: readonly number[] } {
  const at = random.below(heartbeat);
  const isFree = timers === "free";
  const heard = Array.from({ length: servers - down }, () => (isFree ? random.below(heartbeat) : 0));
  return { crash: isFree ? heartbeat : crash === "uniform" ? at : 0, heard };
}
