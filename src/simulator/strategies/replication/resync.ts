/**
 * What a standby gets that has been away: the log from where both agree, if it is still kept; what its diverged tail had
 * changed, if it was a primary that went on alone (as pg_rewind: the pages behind those entries are copied); or the whole
 * shard, if the log is gone (Redis: the backlog is too small; MySQL: purged binary logs). Each is one transfer that shares
 * bandwidth with everything else; a short piece of log travels as messages do.
 */
import type { MachineId } from "../../../base/ids.ts";
import { TransferChange, type Input, type Io } from "../../../base/machine.ts";
import { BYTES } from "../messages.ts";
import type { Copying } from "./copying.ts";
import type { Peer } from "./peers.ts";
import type { Replica } from "./replica.ts";
import { ENTRIES_BOUND } from "./shipping.ts";
import type { ResyncPolicy } from "./policy.ts";

export interface Resync {
  /** A standby shares the log up to `shared`; the primary's ends at `end`. True if a transfer goes first. */
  readonly begin: (peer: Peer, shared: number, end: number, io: Io) => boolean;
  /** A standby has to take back so many entries and asks for what they had changed. */
  readonly asked: (slot: number, from: MachineId, io: Io) => void;
  /** News of a transfer from here. True if it was one of these. */
  readonly transferred: (input: Input, io: Io) => boolean;
  /** No primary any more. */
  readonly stop: () => void;
}

export interface ResyncParts {
  readonly copying: Copying;
  /** Ships what comes after `shared`: the rest of what the peer lacks has arrived. */
  readonly ship: (peer: Peer, shared: number, io: Io) => void;
}

interface Under {
  readonly peer: Peer;
  readonly token: number;
  readonly how: "log" | "rewind";
  readonly shared: number;
  readonly entries: number;
  readonly bytes: number;
}

/** A page of a table, as PostgreSQL's: an entry that is taken back had changed one. */
const PAGE = 8192;
/** Tokens below 0 are these; copying.ts has those above. */
const ORDINALS = 32;

export function createResync(replica: Replica, policy: ResyncPolicy, { copying, ship }: ResyncParts): Resync {
  const { now, server } = replica;
  const { shard } = replica.context;
  let under: Under[] = [];
  let generation = 0;

  function state(one: Under, phase: "start" | "done" | "failed", io: Io): void {
    const { how, entries, bytes } = one;
    io.fact({ kind: "resync", phase, how, shard, epoch: now.epoch, from: server, to: one.peer.server, entries, transferred: bytes });
  }

  function start(peer: Peer, how: "log" | "rewind", shared: number, entries: number, bytes: number, io: Io): void {
    generation += 1;
    const token = -(31 - Math.clz32(peer.bit) + 1 + generation * ORDINALS);
    const one: Under = { peer, token, how, shared, entries, bytes };
    under = [...under.filter((other) => other.peer !== peer), one];
    peer.resync = token;
    peer.aligned = false;
    state(one, "start", io);
    io.transfer(peer.machine, bytes, token);
  }

  return {
    begin: (peer, shared, end, io) => {
      if (peer.resync !== 0) return true;
      const entries = end - shared;
      // What is not acknowledged yet is kept, whatever there is of it; and no copy would hold it.
      const old = Math.min(end, io.log.applied());
      let bytes = 0;
      let oldBytes = 0;
      for (let index = shared + 1; index <= end; index += 1) {
        bytes += BYTES.entry + io.log.bytesAt(index);
        if (index === old) oldBytes = bytes;
      }
      if (oldBytes > policy.retain) {
        copying.begin(peer, 0, io, true);
        return true;
      }
      if (entries <= ENTRIES_BOUND) return false;
      start(peer, "log", shared, entries, bytes, io);
      return true;
    },
    asked: (slot, from, io) => {
      const m = io.messages;
      const peer = replica.peerOf(from);
      if (peer === undefined || !io.log.exists() || !replica.isServed(peer) || m.epoch[slot] !== now.epoch || peer.resync !== 0) return;
      const entries = m.count[slot]!;
      if (policy.diverged === "copy") copying.begin(peer, 0, io, true);
      else start(peer, "rewind", m.index[slot]!, entries, entries * PAGE, io);
    },
    transferred: (input, io) => {
      const one = under.find(({ token }) => token === input.id);
      if (one === undefined || one.peer.machine !== input.from) return input.id < 0;
      if (input.change === TransferChange.Progress) return true;
      under = under.filter((other) => other !== one);
      one.peer.resync = 0;
      state(one, input.change === TransferChange.Done ? "done" : "failed", io);
      // A rewound standby says where it is now.
      if (input.change === TransferChange.Done && one.how === "log" && io.log.exists()) ship(one.peer, one.shared, io);
      return true;
    },
    stop: () => {
      for (const { peer } of under) peer.resync = 0;
      under = [];
    },
  };
}
