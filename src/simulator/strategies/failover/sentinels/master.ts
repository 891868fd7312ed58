/** What a sentinel knows of one shard: its primary and configuration epoch, its replicas, what other sentinels say, a failover under way. */
import { DESYNC, ELECTION_TIMEOUT } from "./settings.ts";

/** SENTINEL_FAILOVER_STATE_*, in the order in which they are passed through. */
export const Step = { None: 0, WaitStart: 1, Select: 2, SendPromotion: 3, WaitPromotion: 4, Reconfigure: 5, Update: 6 } as const;
export type Step = (typeof Step)[keyof typeof Step];

/** Of a replica while the others are pointed to the new primary. */
export const Reconfigured = { No: 0, Sent: 1, InProgress: 2, Done: 3 } as const;
export type Reconfigured = (typeof Reconfigured)[keyof typeof Reconfigured];

/** A replica as its last INFO told it. */
export interface Told {
  /** 0: never. */
  infoAt: number;
  isPrimary: boolean;
  roleAt: number;
  /** Whom it follows, and since when it says so. */
  owner: number;
  ownerAt: number;
  /** For how long it has been without its primary, milliseconds; 0: it is linked. */
  unlinked: number;
  offset: number;
  reconfigured: Reconfigured;
  reconfiguredAt: number;
}

/** Another sentinel's last word on this primary. */
export interface Word {
  isDown: boolean;
  leader: number;
  leaderEpoch: number;
  repliedAt: number;
}

export interface Master {
  readonly shard: number;
  owner: number;
  configEpoch: number;
  /** This sentinel's own vote: for whom, in which epoch. */
  leader: number;
  leaderEpoch: number;
  isObjectivelyDown: boolean;
  step: Step;
  stepAt: number;
  failoverEpoch: number;
  startAt: number;
  promoted: number;
  /** By server. */
  readonly told: Map<number, Told>;
  /** By ordinal of the sentinel; nothing at its own. */
  readonly words: (Word | undefined)[];
}

export const isFailingOver = (master: Master): boolean => master.step !== Step.None;

/** What clients and hellos are told: the promoted one as soon as it has said that it is primary. */
export const announced = (master: Master): number => (master.step >= Step.Reconfigure ? master.promoted : master.owner);

export function createTold(now: number, owner: number, isPrimary: boolean, infoAt: number): Told {
  return {
    infoAt,
    isPrimary,
    roleAt: now,
    owner,
    ownerAt: now,
    unlinked: 0,
    offset: 0,
    reconfigured: Reconfigured.No,
    reconfiguredAt: 0,
  };
}

/** A new address under this name: all begins anew (sentinelResetMasterAndChangeAddress). Its vote stays. */
export function reset(master: Master, owner: number, now: number): void {
  master.owner = owner;
  master.isObjectivelyDown = false;
  master.step = Step.None;
  master.stepAt = 0;
  master.startAt = -Infinity;
  master.promoted = -1;
  master.leader = -1;
  for (const server of master.told.keys()) master.told.set(server, createTold(now, owner, server === owner, 0));
}

export function abort(master: Master, now: number): void {
  master.step = Step.None;
  master.stepAt = now;
  master.promoted = -1;
}

export function advance(master: Master, step: Step, now: number): void {
  master.step = step;
  master.stepAt = now;
}

/** When a failover is held to have started: up to a second from now, so that sentinels do not all try at once again. */
export const startFrom = (now: number, draw: number): number => now + Math.floor(draw * DESYNC);

export const electionTimeout = (failoverTimeout: number): number => Math.min(ELECTION_TIMEOUT, failoverTimeout);
