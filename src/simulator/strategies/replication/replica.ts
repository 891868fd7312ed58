/** What one replica under a primary knows: its epoch and role, who else there is, how far things are. */
import type { MachineId, ServerId } from "../../../base/ids.ts";
import type { Io } from "../../../base/machine.ts";
import type { ReplicaContext } from "../contracts.ts";
import type { Answering } from "./answer.ts";
import type { AckPolicy, LinePolicy } from "./policy.ts";
import { createPeer, type Peer } from "./peers.ts";

export const Register = { Epoch: 0, Owner: 1 } as const;
/** Copies under way have timers of their own, from `Copy` on. */
export const Timer = {
  Ship: 0,
  Resend: 1,
  AskMap: 2,
  Follow: 3,
  AskCommitted: 4,
  Handover: 5,
  Semi: 6,
  Apply: 7,
  Copy: 8,
  Beat: 40,
} as const;
export const Token = { Write: 0, Entries: 1, Promotion: 2, Role: 3, Apply: 4 } as const;

/** Shared by the files that make up a replica; each says which of it it changes. */
export interface Replica extends Answering {
  readonly context: ReplicaContext;
  readonly policy: AckPolicy;
  readonly server: ServerId;
  /** This replica's place among those that have or had one, and its bit in masks. */
  readonly ordinal: number;
  readonly ownBit: () => number;
  /** Of the epoch that it has adopted (configuration.ts). */
  readonly now: Configuration;
  readonly isPrimary: () => boolean;
  /** True while it is not known whether this replica is still primary (after a restart). */
  asking: boolean;
  /** It is primary and takes writes. */
  accepting: boolean;
  /** Acknowledged (at the primary) or applied (at a standby) up to here. */
  commit: number;
  /** It asks its primary for what it lacks. */
  following: boolean;
  /** The end of its log when it last had all of its feeder's: up to there entries may have been acknowledged without it. */
  caughtUp: number;
  /** Up to here this standby's log is known to be that of its epoch's primary: what lies beyond may be forked. */
  matched: number;
  /** When the connection to the primary broke; -1: it is there. */
  unlinkedAt: number;
  /** The last entry here, for whoever looks on. */
  last: number;
  /** May this server serve at all now? */
  readonly isPermitted: (io: Io) => boolean;
  /** By the map it holds a replica, and it has none: its disk was wiped. It stays out until a copy is installed. */
  isBereft: boolean;
  /** Some peer is to have every write before it is acknowledged: it is about to be the primary. */
  hasDual: boolean;
  line: Line | undefined;
  /** Does it ship what it holds: the primary, and in a line the others too? */
  readonly isFeeder: () => boolean;
  /** Of a replica that is fed: where its primary's log ended when this epoch began, infinite if it has not heard; what older epochs left beyond is forked. */
  end: number;
  /** Who shipped last under this epoch. */
  fedBy: MachineId | undefined;
  /** Who ships to this replica, as far as it knows. */
  readonly feeder: () => Peer | undefined;
  /** Those to whom this replica ships: all that hold a replica, or are getting one, or in a line those after it. */
  readonly peers: () => readonly Peer[];
  readonly known: () => readonly (Peer | undefined)[];
  /** Takes note of ordinals given since, and of who holds a replica now. */
  readonly gather: () => void;
  /** The replica of a server, whether it holds one now or not. */
  readonly peerOf: (machine: MachineId) => Peer | undefined;
  readonly primaryPeer: () => Peer | undefined;
  readonly isServed: (peer: Peer) => boolean;
  readonly isMember: (peer: Peer) => boolean;
  /** Up to here this log is its primary's: settled entries are every replica's. */
  readonly agreed: (io: Io) => number;
}

export interface Line {
  readonly kind: LinePolicy["kind"];
  readonly order: () => readonly ServerId[];
  /** The order of this epoch is known, and this replica is in it. */
  readonly isIn: () => boolean;
  readonly isTail: () => boolean;
  readonly tail: () => ServerId | undefined;
  /** Who is to feed this replica; undefined: the head, as far as is known. */
  readonly before: () => ServerId | undefined;
  /** Does this replica feed that one? */
  readonly feeds: (peer: Peer) => boolean;
  /** This replica is the head of a new epoch, or the configuration has changed. */
  readonly renew: () => void;
  /** The head has told the order of an epoch: true if it is news. */
  readonly learn: (order: readonly ServerId[]) => boolean;
  /** Of cascading standbys: those silent for long are passed over. True if that changed who is fed. */
  readonly passOver: (io: Io) => boolean;
}

export interface Configuration {
  epoch: number;
  /** A server, or -1 where it is not known. */
  owner: number;
  members: number;
  standing: number;
}

export function createReplica(context: ReplicaContext, policy: AckPolicy): Replica {
  const { shard, server } = context;
  const placement = context.replicasOf(shard);
  /** All that there are at first: those that join later are told so by messages. */
  const everyone = context.initialMap().standing[shard]!;
  const now: Configuration = { epoch: 1, owner: placement[0] ?? -1, members: everyone, standing: everyone };
  /** Everybody with an ordinal, by ordinal; undefined for this replica itself and where no machine is known yet. */
  const known: (Peer | undefined)[] = [];
  let peers: readonly Peer[] = [];
  /** Logs are alike at the very start only. */
  let hasBegun = false;

  const isServed = (peer: Peer): boolean => (now.standing & peer.bit) !== 0 || peer.isJoining;

  function gather(): void {
    for (let ordinal = 0; ordinal < placement.length; ordinal += 1) {
      const peer = placement[ordinal]!;
      const machine = context.replicaMachine(shard, peer) as MachineId | undefined;
      // A machine made anew on the same server has another address.
      if (peer !== server && machine !== undefined && known[ordinal]?.machine !== machine)
        known[ordinal] = createPeer(peer, machine, 1 << ordinal, !hasBegun);
    }
    hasBegun = true;
    peers = known.filter((peer): peer is Peer => peer !== undefined && isServed(peer) && replica.line?.feeds(peer) !== false);
  }

  const replica: Replica = {
    context,
    policy,
    shard,
    server,
    epoch: () => now.epoch,
    owner: () => now.owner,
    get ordinal() {
      return placement.indexOf(server);
    },
    ownBit: () => 1 << placement.indexOf(server),
    now,
    isPrimary: () => now.owner === server,
    asking: false,
    accepting: false,
    commit: 0,
    following: false,
    caughtUp: 0,
    matched: 0,
    unlinkedAt: -1,
    last: 0,
    isPermitted: (io) => context.permits === undefined || context.permits(io),
    isBereft: false,
    hasDual: false,
    line: undefined,
    isFeeder: () => now.owner === server || replica.line?.isIn() === true,
    fedBy: undefined,
    end: Infinity,
    feeder: () => {
      const before = replica.line?.before();
      if (replica.fedBy !== undefined) return replica.peerOf(replica.fedBy);
      return before === undefined ? replica.primaryPeer() : known.find((peer) => peer?.server === before);
    },
    peers: () => peers,
    known: () => known,
    gather,
    peerOf: (machine) => {
      for (const peer of known) if (peer?.machine === machine) return peer;
      gather();
      return known.find((peer) => peer?.machine === machine);
    },
    primaryPeer: () => known.find((peer) => peer?.server === now.owner),
    isServed,
    isMember: (peer) => (now.members & peer.bit) !== 0,
    agreed: (io) => Math.max(replica.matched, io.log.base()),
  };
  return replica;
}
