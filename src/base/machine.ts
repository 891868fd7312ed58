/**
 * The contract of everything that acts in a run: a machine takes an input, changes only its own state
 * and acts only through the `Io` handed in. The simulator's machines use numeric kinds and pooled slots; a slot is
 * valid during the step that received it. Effects take place in the order in which they were called.
 */
import type { Duration, Monotonic, Wall } from "./time.ts";
import type { HostId, KeyId, MachineId, ProcessId, ShardId } from "./ids.ts";
import type { Fact } from "./fact.ts";
import type { Held, Shelf } from "./merging.ts";
import type { Random } from "./random.ts";

/** A deterministic machine: the same inputs in the same order give the same effects, in the same order, through `io`. */
export interface Machine {
  readonly step: (input: Input, io: Io) => void;
  /**
   * The demand on a core (microseconds) of a message about to be queued, for messages whose cost depends on what the
   * machine knows (a misrouted request is turned away cheaply). Without it, or below 0, the kind's own cost counts.
   */
  readonly demand?: (message: number, slot: number) => number;
  /** What machines of the same host may read without a message, through `Io.view`. */
  readonly published?: unknown;
}

/** What an input is. `Input` holds which of its fields each kind fills. */
export const Is = {
  /** The process (re)started: `incarnation` counts from 0; durable state is as the log and registers say. */
  Start: 0,
  /** `from`, `message` (its kind), `slot`, `channel`. */
  Message: 1,
  /** A machine of the same host said something: like a message without a network. */
  Told: 2,
  /** `id` is the timer's. */
  Timer: 3,
  /** A flush finished: `id` is the token of `sync`, `amount` the log position now synced. */
  Synced: 4,
  /** Demand asked for by `work` was met: `id` is its token. */
  Worked: 5,
  /** `peer` and `from` are the other end, `id` the transfer's token, `change` a TransferChange, `amount` the bytes so far. */
  Transfer: 6,
  /** `peer` is the other process, `change` a ConnectionChange. Of all channels to it at once. */
  Connection: 7,
  /** `peer` is a process that this machine supervises or has given an order, `change` a ChildChange. */
  Child: 8,
  /** What `propose` asked for was committed (or refused): `id` is its token, `change` 1 for committed. */
  Committed: 9,
  /** A machine of this host asks this replica to commit something: `from`, `slot`, `id` its token. Ends with `Io.decide`. */
  Proposed: 10,
} as const;
export type Is = (typeof Is)[keyof typeof Is];

/**
 * A connection opens by itself when something is sent; `Opened` and `Unopened` (it was refused, or took too long) answer
 * `Io.connect` alone, and say nothing of other connections to that process.
 */
export const ConnectionChange = { Opened: 0, Refused: 1, Reset: 2, Unopened: 3 } as const;
/** Progress is told after each tenth of the bytes, to both ends. */
export const TransferChange = { Progress: 0, Done: 1, Failed: 2 } as const;
export const ChildChange = { Up: 0, Down: 1 } as const;

/** One input, an object that is reused: read it during the step, keep nothing of it. */
export interface Input {
  kind: Is;
  from: MachineId;
  peer: ProcessId;
  message: number;
  slot: number;
  channel: Channel;
  id: number;
  change: number;
  amount: number;
  incarnation: number;
}

/** Connections are FIFO per pair of processes and channel; channels do not block one another. */
export const Channel = { Data: 0, Control: 1, Bulk: 2 } as const;
export type Channel = (typeof Channel)[keyof typeof Channel];

/** Where demand is met: the host's cores and bounded queue, or a thread of its own that is always free. */
export const Lane = { Work: 0, Control: 1 } as const;
export type Lane = (typeof Lane)[keyof typeof Lane];

/**
 * The fields of pooled messages, one array a field; which fields a kind uses stands beside the kind. Arrays are replaced
 * when the pool grows, so take them from here at each use.
 */
export interface MessageFields {
  readonly shard: Int32Array;
  readonly epoch: Int32Array;
  /** The client operation this is about: a slot of the ledger. */
  readonly operation: Int32Array;
  readonly key: Int32Array;
  readonly version: Int32Array;
  /** Log positions. */
  readonly index: Float64Array;
  readonly until: Float64Array;
  /** A host, server or machine that the message names. */
  readonly who: Int32Array;
  readonly count: Int32Array;
  readonly outcome: Int32Array;
  readonly time: Float64Array;
  /** Bytes on the wire. */
  readonly bytes: Float64Array;
  /** Service demand, microseconds, of a request: drawn with the operation. */
  readonly demand: Float64Array;
  /** Immutable data of rare messages (a shard map); undefined elsewhere. */
  readonly payload: unknown[];
}

/** How a request was answered. */
export const Outcome = {
  Done: 0,
  /** Not mine: `who` is the owner as far as the answerer knows (or -1), `epoch` the epoch of that knowledge. */
  Redirect: 1,
  /** The queue was full. */
  Overloaded: 2,
  /** Mine, but not now: being promoted, waiting for a configuration, or read-only. */
  Unavailable: 3,
  /** Begun and broken off (its primary was deposed): it may or may not take effect. */
  Interrupted: 4,
  /** Reads of this shard are answered by `who` (a server) in this epoch: its tail. */
  ReadThere: 5,
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/**
 * How an operation ended for its client: acknowledged, refused for certain, or without a definite answer; of one on
 * several shards also answered by some of them.
 */
export const Finish = { Acknowledged: 1, Refused: 2, Ambiguous: 3, Partial: 4 } as const;
export type Finish = (typeof Finish)[keyof typeof Finish];

/** A machine's only way to act. Durations are of the host's own monotonic clock. */
export interface Io {
  /** The machine whose step this is, and where it runs. */
  readonly self: () => MachineId;
  readonly host: () => HostId;
  readonly now: () => Monotonic;
  readonly wall: () => Wall;
  /** The machine's stream of this purpose: the same name gives the same stream within one incarnation. */
  readonly random: (purpose: string) => Random;

  readonly messages: MessageFields;
  /** A fresh slot, all fields 0 but `who` and `operation` (-1). It is freed after delivery, whatever becomes of it. */
  readonly message: () => number;
  /** Puts log entries [from, to] of the sender's replica into the message, by value. */
  readonly attachEntries: (slot: number, from: number, to: number) => void;
  /** Appends entry number `position` (0 up to count) of a received message to this machine's log, and gives its index. */
  readonly appendAttached: (slot: number, position: number) => number;
  /** Epoch under which the attached entry was first appended, and its note. */
  readonly attachedEpoch: (slot: number, position: number) => number;
  readonly attachedNote: (slot: number, position: number) => number;
  readonly send: (to: MachineId, channel: Channel, kind: number, slot: number) => void;
  /** Answers a client operation: `slot` holds operation, count (the attempt answered), outcome, epoch, who and version. */
  readonly reply: (to: MachineId, slot: number) => void;
  /**
   * A number that no other operation of the run has, or 0 once neither its client nor anything else knows the operation.
   * Operations' slots are used again: what a machine keeps over steps to answer later it keeps with this, and compares.
   */
  readonly identity: (operation: number) => number;
  /** Drops the connections to a process: what they hold is lost, the peer learns by a reset. */
  readonly close: (peer: ProcessId) => void;
  /** Goes through the round trips of opening a connection, for so long at most; ends as `Connection`, opened or unopened. */
  readonly connect: (peer: ProcessId, roundTrips: number, patience: Duration) => void;
  /** Says something to a machine of the same host: no network, next step. */
  readonly tell: (to: MachineId, kind: number, slot: number) => void;
  /** The message being handled comes again after so long, to this machine, as if it arrived anew. Once a step. */
  readonly defer: (after: Duration) => void;
  /** What a machine of the same host has published; undefined while its process is down. */
  readonly view: (machine: MachineId) => unknown;
  readonly setTimer: (id: number, after: Duration) => void;
  readonly cancelTimer: (id: number) => void;

  /** This machine's replica. Positions count from 1. */
  readonly log: ReplicaLog;
  /** The same key by key, where writes have no single order. */
  readonly held: Held;
  /** Versions held beside any replica. */
  readonly shelf: Shelf;
  /** Ends as `Synced` with this token once everything appended or put before is on the device. */
  readonly sync: (token: number) => void;
  /** The machine's own registers, `REGISTERS` of them: kept by a process crash, and by a host's death once synced. */
  readonly put: (register: number, value: number) => void;
  readonly register: (register: number) => number;
  /** Demand known only inside the step; ends as `Worked`. A full queue does not refuse it: it waits its turn. */
  readonly work: (lane: Lane, demand: Duration, token: number) => void;
  /** Bulk data that shares bandwidth fairly; ends as `Transfer` on both ends (the receiver's token is the sender's). */
  readonly transfer: (to: MachineId, bytes: number, token: number) => void;
  /**
   * Asks the machine that replicates a shard on this host to commit something for a machine above replication; ends as
   * `Committed`, refused at once where there is no such machine.
   */
  readonly propose: (shard: ShardId, slot: number, token: number) => void;
  /** Answers a proposal: the proposer hears `Committed` in its next step. */
  readonly decide: (to: MachineId, token: number, isCommitted: boolean) => void;
  /**
   * Has a machine made by the run's factory, on any host: the order travels like a message, and is not heard by a dead
   * host. The address is good at once; what arrives before the machine has started is lost. `about` is the factory's.
   */
  readonly create: (part: string, host: HostId, about?: number) => MachineId;
  /** Ends a machine for good, its data too. Travels like `create`. */
  readonly retire: (machine: MachineId) => void;
  /**
   * An order to start, stop (what is written is flushed first) or kill a process. It travels to the process's host like a
   * message: over a cut way it is tried again and may arrive late, or never; a dead host does not hear it. Where it takes
   * effect, supervisor and sender hear `Child`: up, or down (also for a start that could not be). By the management
   * network (a board of its own in each host) no cut holds it up, and a dead host's process counts as ended too.
   */
  readonly process: (order: "start" | "stop" | "kill", process: ProcessId, way?: "network" | "management") => void;
  /** The client's last word on an operation. */
  readonly finish: (operation: number, ending: Finish) => void;
  readonly fact: (fact: FactInput) => void;
}

/** How many registers a machine has: numbers from 0. */
export const REGISTERS = 8;

/** A copy of a replica as it was, by value: opaque, carried as a message's payload. */
export interface Snapshot {
  /** Last entry that it has applied; bytes of all values that it holds. */
  readonly index: number;
  readonly bytes: number;
}

/** The replica behind a machine: a log with its positions, and the state that applied entries have made. */
export interface ReplicaLog {
  /**
   * Appends a client's write under an epoch; gives its index, or 0 if the machine has no replica. Operation 0 is an entry
   * that no client asked for (a new leader's first, a decision). `note` is the part's own word on the entry, 0 if left
   * out (what was decided, a wall-clock stamp); it travels with the entry.
   */
  readonly append: (operation: number, epoch: number, note?: number) => number;
  readonly noteAt: (index: number) => number;
  /** The note of a version that `read` gave. */
  readonly noteOf: (version: number) => number;
  /** A copy of this replica, held by this machine until it is installed, or the machine's process ends. */
  readonly snapshot: () => Snapshot;
  /** Makes a copy this machine's replica, in place of what it had. False if the copy is gone. */
  readonly install: (snapshot: Snapshot) => boolean;
  /** Gives up a copy of this machine's that nobody will install. */
  readonly discard: (snapshot: Snapshot) => void;
  /** Is there a replica behind this machine? One that is made during the run has none until it installs a copy. */
  readonly exists: () => boolean;
  /** Gives up this machine's replica: log and state are gone. */
  readonly drop: () => void;
  /** Takes back every entry after `index`, from state too. */
  readonly truncate: (index: number) => void;
  /** Applies entries up to and including `index`, in order. */
  readonly apply: (index: number) => void;
  readonly written: () => number;
  readonly synced: () => number;
  readonly applied: () => number;
  /** Entries up to this one are held by every replica that counts, and can no longer be fetched or taken back. */
  readonly base: () => number;
  readonly epochAt: (index: number) => number;
  /** 0 for an entry that no client asked for. */
  readonly operationAt: (index: number) => number;
  /** The key that the entry writes; -1 for an entry that no client asked for. */
  readonly keyAt: (index: number) => number;
  /** Bytes of the value that the entry writes. */
  readonly bytesAt: (index: number) => number;
  /** The version that this replica holds for a key: 0 for none. */
  readonly read: (key: KeyId) => number;
}

/** A fact as a part states it: the world adds the time, and what only it can know (of a deposed primary, of a shard's size). */
export type FactInput = Stated<Fact>;
type Stated<Each> = Each extends Fact ? Omit<Each, "at" | "deposed" | "deposedReachable" | "keys" | "bytes"> : never;
