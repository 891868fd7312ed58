/**
 * Semi-synchronous acknowledgement: a write is acknowledged once so many standbys of the epoch's configuration have it.
 * Waiting has an end, as in MySQL (rpl_semi_sync_source_timeout): then the primary falls back, releases what waited and
 * acknowledges alone, until enough standbys have caught up. What it acknowledges meanwhile is what a failover can lose.
 *
 * Where this departs from MySQL: there the source returns at an instant at which a standby has everything that the source
 * has, which a busy source may not have for long; here new writes wait again as soon as standbys lag by no more than
 * `CAUGHT_UP_LAP`, and the return is stated once nothing acknowledged is missing on enough of them.
 */
import type { Io } from "../../../base/machine.ts";
import { milliseconds, type Duration } from "../../../base/time.ts";
import type { Replica } from "./replica.ts";
import type { SemiPolicy } from "./policy.ts";

export interface SemiSynchronous {
  /** Of what is synced here, up to where may be acknowledged. Starts the wait for the rest. */
  readonly limit: (synced: number, io: Io) => number;
  /** It has fallen back. */
  readonly isAlone: () => boolean;
  /** The timer went off: true if the wait is over, and what waited may be acknowledged. */
  readonly due: (io: Io) => boolean;
  /** No primary any more. */
  readonly end: (io: Io) => void;
}

/** A standby that reaches what the primary had so long ago is thought to have caught up. */
const CAUGHT_UP_LAP = milliseconds(100);

export function createSemiSynchronous(replica: Replica, policy: SemiPolicy, timer: number): SemiSynchronous {
  const { now, peers, isMember } = replica;
  const { shard, server } = replica.context;
  /** Waits under way: up to which entry, since when; from `first` on. */
  let upTo: number[] = [];
  let since: number[] = [];
  let first = 0;
  let noted = 0;
  let isTimed = false;
  let isAlone = false;
  /** Alone, but new writes wait again. */
  let isReturning = false;
  /** What a standby has to reach, and since when: a lap. */
  let mark = 0;
  let markedAt = 0;
  const best = new Float64Array(policy.acks);

  /** Up to where enough members have everything: the `acks`-th most advanced. */
  function held(): number {
    best.fill(0);
    for (const peer of peers()) {
      if (!isMember(peer)) continue;
      let rest = peer.acked;
      for (let place = 0; place < best.length; place += 1) {
        if (best[place]! >= rest) continue;
        const next = best[place]!;
        best[place] = rest;
        rest = next;
      }
    }
    return best[best.length - 1]!;
  }

  function fact(phase: "begin" | "end", behind: number, io: Io): void {
    io.fact({ kind: "fallback", phase, shard, epoch: now.epoch, server, behind });
  }

  function lap(synced: number, at: number): void {
    mark = synced;
    markedAt = at;
  }

  function lookBack(enough: number, synced: number, io: Io): void {
    if (!isReturning && enough >= mark) {
      isReturning = enough >= synced || io.now() - markedAt <= CAUGHT_UP_LAP;
      lap(synced, io.now());
    }
    if (!isReturning || enough < replica.commit) return;
    isReturning = false;
    isAlone = false;
    fact("end", 0, io);
  }

  /** Takes note of what begins to wait, and forgets what waits no more. */
  function note(synced: number, enough: number, io: Io): void {
    if (synced > noted) {
      noted = synced;
      upTo.push(synced);
      since.push(io.now());
    }
    while (first < upTo.length && upTo[first]! <= enough) first += 1;
    if (first > 1024) {
      upTo = upTo.slice(first);
      since = since.slice(first);
      first = 0;
    }
    if (first === upTo.length || isTimed || policy.onTimeout === "block") return;
    isTimed = true;
    io.setTimer(timer, Math.max(1, since[first]! + policy.timeout - io.now()) as Duration);
  }

  function forget(): void {
    upTo = [];
    since = [];
    first = 0;
  }

  return {
    limit: (synced, io) => {
      const enough = held();
      if (isAlone) lookBack(enough, synced, io);
      if (isAlone && !isReturning) return synced;
      note(synced, enough, io);
      return Math.min(synced, enough);
    },
    isAlone: () => isAlone,
    due: (io) => {
      isTimed = false;
      const enough = held();
      note(noted, enough, io);
      if (first === upTo.length || io.now() - since[first]! < policy.timeout) return false;
      forget();
      io.cancelTimer(timer);
      isTimed = false;
      if (!isAlone) fact("begin", Math.max(0, io.log.synced() - enough), io);
      isAlone = true;
      isReturning = false;
      lap(io.log.synced(), io.now());
      return true;
    },
    end: (io) => {
      forget();
      noted = 0;
      isTimed = false;
      isAlone = false;
      isReturning = false;
      io.cancelTimer(timer);
    },
  };
}
