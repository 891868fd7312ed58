/** A replica and its clients: what it serves, sends elsewhere, has wait, or turns away. */
import type { KeyId, MachineId } from "../../../base/ids.ts";
import { Outcome, type Io } from "../../../base/machine.ts";
import { milliseconds } from "../../../base/time.ts";
import { answer } from "./answer.ts";
import type { ChainReads } from "./chain-reads.ts";
import { ATTEMPTS } from "./following.ts";
import type { Guard } from "./guard.ts";
import type { Handover } from "./handover.ts";
import { Token, type Replica } from "./replica.ts";
import type { StandbyReads } from "./standby-reads.ts";
import type { WaitingWrites } from "./waiting-writes.ts";

export interface Requests {
  readonly read: (slot: number, from: MachineId, io: Io) => void;
  readonly write: (slot: number, from: MachineId, io: Io) => void;
}

export interface RequestsParts {
  readonly waiting: WaitingWrites;
  readonly handover: Handover;
  readonly standbyReads: StandbyReads;
  readonly guard: Guard | undefined;
  readonly chainReads: ChainReads | undefined;
  readonly ship: (io: Io) => void;
  readonly askWho: (io: Io) => void;
  /** This primary's time is over: it steps down and asks who has the shard. */
  readonly giveWay: (reason: string, io: Io) => void;
}

/** A request that waits for a hand-over looks again so often, and so many times at most: then it is refused. */
const WAIT_STEP = milliseconds(2);
const WAITS_BOUND = 500;
const ASK_AGAIN_AFTER = milliseconds(500);

export function createRequests(replica: Replica, parts: RequestsParts): Requests {
  const { context, policy } = replica;
  const { waiting, handover, standbyReads, guard, chainReads, ship, askWho, giveWay } = parts;
  let refreshedAt = -Infinity;

  /** Whoever holds no replica hears of no change: it asks who has the shard while it is asked for it, at times. */
  function refresh(io: Io): void {
    if (replica.asking || io.now() - refreshedAt < ASK_AGAIN_AFTER) return;
    refreshedAt = io.now();
    askWho(io);
  }

  /** What to answer a request that cannot be served here; undefined to serve it, "wait" where it comes again by itself. */
  function turnAway(slot: number, isWrite: boolean, io: Io): Outcome | "wait" | undefined {
    if (!replica.isPermitted(io)) return Outcome.Unavailable;
    // A client with a newer map than ours: there is a newer epoch, so this one is over.
    if (context.checksEpoch && replica.accepting && io.messages.epoch[slot]! > replica.now.epoch)
      giveWay("a client knew a newer epoch", io);
    if (!replica.isPrimary() && replica.now.owner >= 0) {
      if (!io.log.exists()) refresh(io);
      return Outcome.Redirect;
    }
    const way = handover.treat(isWrite);
    if (way === "serve") return replica.accepting && !(isWrite && guard?.allows() === false) ? undefined : Outcome.Unavailable;
    const waited = io.messages.index[slot]!;
    if (way === "refuse" || waited >= WAITS_BOUND) return Outcome.Unavailable;
    io.messages.index[slot] = waited + 1;
    io.defer(WAIT_STEP);
    return "wait";
  }

  function read(slot: number, from: MachineId, io: Io): void {
    if (chainReads?.read(slot, from, io) === true) return;
    const m = io.messages;
    const isStandby =
      policy.standbysRead !== false &&
      !(replica.isPrimary() && replica.accepting) &&
      io.log.exists() &&
      replica.isPermitted(io) &&
      standbyReads.admits(m.until[slot]!, replica.agreed(io), io);
    const away = isStandby ? undefined : turnAway(slot, false, io);
    if (away === "wait") return;
    const operation = m.operation[slot]!;
    const attempt = m.count[slot]!;
    if (away !== undefined) return answer(replica, from, operation, attempt, away, 0, 0, io);
    answer(replica, from, operation, attempt, Outcome.Done, io.log.read(m.key[slot] as KeyId), 0, io);
  }

  /** What an entry carries beside the write: whom its tail answers, or when it was appended. */
  function noteOf(from: MachineId, attempt: number, io: Io): number {
    if (policy.line?.kind === "chain") return from * ATTEMPTS + (attempt % ATTEMPTS);
    return policy.stamps === true ? io.wall() : 0;
  }

  function write(slot: number, from: MachineId, io: Io): void {
    const m = io.messages;
    const away = turnAway(slot, true, io);
    if (away === "wait") return;
    const operation = m.operation[slot]!;
    if (away !== undefined) return answer(replica, from, operation, m.count[slot]!, away, 0, 0, io);
    const attempt = m.count[slot]!;
    const index = io.log.append(operation, replica.now.epoch, noteOf(from, attempt, io));
    replica.last = index;
    waiting.add(index, replica.commit, from, operation, attempt, io.identity(operation));
    io.sync(Token.Write);
    if (policy.shipsUnsynced) ship(io);
  }

  return { read, write };
}
