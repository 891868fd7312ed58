/**
 * The kinds of messages that the built-in parts exchange, and what each costs. Beside a kind stand the fields it uses.
 * Costs: `work` shares the host's cores and queue, `control` has a thread of its own. Small fixed demands stand for
 * parsing and answering; they are part of the model and stated here, not measured from a system.
 */
import { Lane } from "../../base/machine.ts";

export const Message = {
  /** shard, key (-1: several, as the operation says), epoch (of the client's map), operation, count (attempt), demand, bytes; of a read `until`: the age that its answer may have (0: the primary's alone). */
  ReadRequest: 1,
  /** Also version (operation kind); where primaries gave a context for what was read, payload; time (the client's stamp; 0: none). */
  WriteRequest: 2,
  /** shard, operation, count (attempt answered), outcome, epoch, who (the owner's server, or -1), version. */
  Reply: 3,
  /** To a client of this host: operation, shard, key, count (operation kind), demand (read), time (write demand), bytes, until (the deadline, local); payload: its `Parts`, if it asks several shards. */
  Issue: 4,
  /** To a client: the same for a probe. */
  Probe: 5,

  /** shard, epoch, index (the entry before the first), until (that entry's epoch), key (entries), count (1: align), time (end of the sender's log), entries. */
  Append: 10,
  /** shard, epoch, index (synced up to), outcome (AppendOutcome), until (epoch of the entry at index), time (up to where it counts for writes). */
  Appended: 11,
  /** A standby asks its primary for what it lacks: shard, epoch, index (its last entry), until (that entry's epoch). */
  Follow: 12,
  /** A primary tells a monitor that a standby it had dropped has caught up: shard, epoch, who (server). */
  CaughtUp: 13,

  /** A standby asks its primary how far it has acknowledged: shard, epoch, time (its own, at asking). */
  AskCommitted: 14,
  /** The answer: shard, epoch, index, time (as asked). */
  ToldCommitted: 15,

  /** index (number of the ping). */
  Ping: 20,
  Pong: 21,
  /** who (server), among monitors. */
  Suspect: 22,
  Retract: 23,
  /** shard, epoch (to be claimed). */
  AskPosition: 24,
  /**
   * shard, who (server), index (last entry; -1: no replica), until (its epoch), epoch (as asked); and how the replica
   * stands: version (its epoch), key (the owner it knows, or -1), outcome (a Standing), time (since it lost its primary's
   * connection, its clock; -1: it has it), demand (bytes of an entry on average).
   */
  Position: 25,
  /** shard, epoch, who (the new primary's server), key (members mask), version (standing mask; 0: as before), count (1: planned). */
  Promote: 26,
  /** shard, epoch, who. */
  Promoted: 27,
  /** shard, epoch, who (owner), key (members mask), version (standing mask; 0: as before): the news for replicas, and the fence. */
  Configure: 28,
  /** shard, epoch, who (the server that answers). */
  Configured: 29,

  /** To a router: operation, shard, key, version (operation kind), count (attempt), payload (Parts, of several shards), demand (read), time (write demand), bytes, until (how long the client waits). */
  ProxyRequest: 70,
  /** To its client: operation, count (attempt), outcome, index (PARTIAL: not all shards answered). */
  ProxyReply: 71,
  /** To oneself: nothing. */
  Nothing: 72,

  /** shard, epoch (believed to be claimed last), time (token). */
  Claim: 40,
  /** shard, epoch (claimed now), outcome (1 granted), time (token). */
  Claimed: 41,
  /** shard, epoch, who (owner), key (members mask), version (standing mask; 0: as before), time (token). */
  Commit: 42,
  /** shard, epoch, outcome (1 committed), time (token). */
  Committed: 43,
  /** Asks for the map once. */
  ReadMap: 44,
  /** payload: a MapSnapshot. */
  Map: 45,
  /** Asks for the map now and at every change. */
  Watch: 46,
  /** A leader that was elected without the service says so: shard, epoch, who (its server), count (1: clients learn it elsewhere). */
  Report: 57,
  /** shard, epoch (of the map now). */
  Reported: 58,

  /** Raft, all but what carries entries. shard, epoch (term), payload (the module's message). */
  Raft: 60,
  /** Raft's AppendEntries: the same, index (the entry before the first attached), key (entries), entries. */
  RaftAppend: 61,
  /** To the transport of this host: who (a replica's machine), key (its host), payload (the module's message). */
  RaftHeartbeat: 62,
  /** Between transports. payload: what each was told for the other's host. */
  RaftBatch: 63,
  /** shard, who (server), time (token): gives the server an ordinal. Answered by ReplicaAdded: the same, count (ordinal). */
  AddReplica: 47,
  ReplicaAdded: 48,
  /** payload: a MapGoal, time (token). Answered by GoalSet: time (token). */
  SetGoal: 49,
  GoalSet: 50,

  /** To a primary: a copy for another server is wanted: shard, epoch, who (server), time (bytes per second at most; 0: no limit). */
  Copy: 51,
  /** From the primary: shard, epoch, payload: a Snapshot, count (1: in place of a replica). */
  Install: 52,
  /** To a primary: hand over to who (server) under epoch, once it has everything: shard, count (a Cutover), time (microseconds that it may take; 0: the usual). */
  Yield: 54,
  /** To a rebalancer: nothing is acknowledged here any more, and who (server) has all that was: shard, epoch. */
  Yielded: 55,
  /** To a server's agent: do you reach who (server), within time (microseconds)? shard: the asker's. */
  AskReach: 130,
  /** shard, who (server asked about), key (the server that answers), count (1: it answered me). */
  Reach: 131,
  /** Among monitors: count (ordinal) has just made who (server) take over shard by itself. */
  Recovered: 132,
  /** From a primary to a monitor: shard, epoch, who (its server), time (its own, at asking). */
  LeaseAsk: 133,
  /** shard, epoch, time (as asked). */
  LeaseGranted: 134,
  /** Among monitors: grant nothing of shard below epoch any more. */
  LeaseDeny: 135,
  /** shard, epoch, time (microseconds until what was granted below it must have run out). */
  LeaseDenied: 136,
  /** To a server's agent: pull the trigger on who (server). */
  Shoot: 137,
  /** who (server): it is pulled. */
  Shot: 138,

  /** To a replica that is none any more: give up what you hold: shard, epoch, who (owner), masks as in Configure. */
  Drop: 56,
  /** It holds nothing: shard, who (the server that answers). */
  Dropped: 59,

  /** A standby's regular sign of life: shard, epoch. */
  Beat: 90,
  /** A standby has to take back count entries after index, and asks for what they had changed: shard, epoch. */
  Rewind: 91,
  /** A replica that holds unacknowledged writes of a key asks the tail how far is acknowledged: shard, epoch, time (token). */
  AskVersion: 92,
  /** The answer: shard, epoch, index, time (token). */
  ToldVersion: 93,
  /** To who promotes: it is under way, but what was received must be applied first: shard, epoch. */
  Preparing: 94,

  /** Leaderless. To a replica: shard, key, index (token), count (a Purpose), demand, one entry. */
  QuorumWrite: 140,
  /** index, count (as asked), shard. */
  QuorumWritten: 141,
  /** To a replica: shard, key, index (token), demand. */
  QuorumRead: 142,
  /** index (token), shard, count (Held.attach's answer), the entry held if there is one. */
  QuorumValue: 143,
  /** To a coordinator that stands in for a server: shard, key, who (that server), index (token), one entry. */
  QuorumHint: 144,
  /** To a coordinator that may stand in: shard, key, who (that server), index (token). Answered by QuorumValue. */
  QuorumHintRead: 145,
  /** Between replicas of a shard: shard, payload: hashes of the parts of what is held (Int32Array). */
  QuorumTree: 146,
  /** The parts that differ: shard, payload (numbers), count (1: answer with yours), entries. */
  QuorumParts: 147,
  /** Multi-primary. What a replica took, for another: shard, index (number of the last entry), key (entries), entries. */
  PrimaryShip: 148,
  /** shard, index (the last entry that is synced there). */
  PrimaryShipped: 149,
  /** Between sentinels, over any instance: payload: a Hello. */
  Hello: 120,
  /** A sentinel asks another whether a primary is down, and for its vote: shard, version (the primary's server), epoch, who (its ordinal from 0; -1: no vote is asked for). */
  AskPrimaryState: 121,
  /** shard, count (1: down), who (for whom this sentinel has voted, or -1), epoch (in which). */
  PrimaryState: 122,
  /** Between the servers of a cluster: payload: a Packet. */
  Bus: 123,
  // Of the metadata service: its members among themselves, sessions and keys.
  /** From a member to the leader: payload (a request as it came). */
  MetadataForward: 100,
  /** From a member to the leader, for a read that must not be older than now: time (token). */
  MetadataAskIndex: 101,
  /** The answer: time (token), index (what must be applied before it is read). */
  MetadataToldIndex: 102,
  /** From the leader to the member that has the requester: payload (an answer and whom it is for). */
  MetadataRelay: 103,
  /** until (microseconds unheard after which it ends), time (token). */
  OpenSession: 104,
  /** key (the session), time (token). */
  SessionOpened: 105,
  /** key (the session), time (token: when it was asked, say). */
  KeepAlive: 106,
  /** key (the session), outcome (1 it lives, 0 there is no such session), time (token). */
  KeptAlive: 107,
  /** key, version (its revision as known; 0: there is none), who (value; -1: delete), until (second value), count (session that is to hold it; 0: none), time (token). */
  CompareAndSet: 108,
  /** key, outcome (1 it is as asked), time (token), and the key as it is now, as in KeyIs. */
  WasSet: 109,
  /** key, time (token). */
  ReadKey: 110,
  /** key, version (its revision; 0: there is none), who, until, count (session); time (token; -1: it has changed, to a watcher). */
  KeyIs: 111,
  /** payload: numbers of the keys whose changes the sender wants to hear of, from now on. Answered by KeyIs of each. */
  WatchKeys: 112,
  /** To a leader of Raft: hand over to who (server): shard. Nothing is answered: the map shows it. */
  TransferLeader: 113,
  /** Wants the map and these keys as they are, and to hear of changes of the first `count` from now on: payload (numbers of keys), time (token). */
  LookAtKeys: 114,
  /** payload: a KeysSeen; time (token). */
  KeysAre: 115,

  // Among lease agents, as by Patroni's REST interface.
  /** shard, time (token). */
  AskStatus: 116,
  /** shard, who (the server that answers), index (last entry; -1: the database does not run), until (its epoch), count (1: it is primary), time (token). */
  StatusIs: 117,
  /** The primary lives, though it cannot reach the metadata service: until (how long that is good, microseconds), time (token). */
  Failsafe: 118,
  /** who (the server that answers), time (token). */
  FailsafeHeard: 119,
} as const;

/** Why a replica is sent a version. */
export const Purpose = { Write: 0, Hint: 1, Repair: 2 } as const;

/** What a primary does with writes while it hands over. */
export const Cutover = {
  /** They wait where they are, and are sent on to the new primary when it is known. */
  Forwarding: 0,
  /** The same; and until then each is acknowledged only once the new place has it too. */
  DualWrite: 1,
  /** They are refused. */
  Freeze: 2,
} as const;
export type Cutover = (typeof Cutover)[keyof typeof Cutover];

/** Of a replica, as it tells its position. */
export const Standing = { Standby: 0, Primary: 1, CatchingUp: 2 } as const;

export const AppendOutcome = { Synced: 0, Fenced: 1, Behind: 2 } as const;

/** Of a router's answer. */
export const PARTIAL = 1;

/** Turning away a request that belongs elsewhere: a look into the map. */
export const REDIRECT_DEMAND = 20;
/** A heartbeat: parse and answer. */
const PING_DEMAND = 20;

/** A router's look at a request: parse, look into the map, send on. */
const ROUTE_DEMAND = 20;

/** Lane and demand (microseconds) by kind; machines may know better (`Machine.demand`). */
export interface Costs {
  readonly lane: Uint8Array;
  readonly demand: Float64Array;
  /** 1 for kinds that a machine handles one after another, in the order of arrival, however many cores are free. */
  readonly serial: Uint8Array;
}

export function standardCosts(): Costs {
  const lane = new Uint8Array(256).fill(Lane.Control);
  const demand = new Float64Array(256);
  for (const kind of [
    Message.ReadRequest,
    Message.WriteRequest,
    Message.ProxyRequest,
    Message.Append,
    Message.RaftAppend,
    Message.Ping,
    Message.Bus,
    Message.Claim,
    Message.Commit,
    Message.ReadMap,
    Message.Watch,
    Message.Report,
    Message.AddReplica,
    Message.SetGoal,
    Message.QuorumWrite,
    Message.QuorumRead,
    Message.QuorumParts,
    Message.PrimaryShip,
    Message.MetadataForward,
    Message.OpenSession,
    Message.KeepAlive,
    Message.CompareAndSet,
    Message.ReadKey,
    Message.WatchKeys,
    Message.LookAtKeys,
  ])
    lane[kind] = Lane.Work;
  demand[Message.Ping] = PING_DEMAND;
  demand[Message.Bus] = PING_DEMAND;
  demand[Message.ProxyRequest] = ROUTE_DEMAND;
  // A standby applies its primary's log in order: one applier, as most databases have by default.
  const serial = new Uint8Array(256);
  serial[Message.Append] = 1;
  serial[Message.RaftAppend] = 1;
  return { lane, demand, serial };
}

/** Timers of machines are numbered by the machine; each file lists its own. */
export const BYTES = {
  /** Envelope of any message: TCP/IP headers and a small frame. */
  envelope: 100,
  /** A log entry's own header, beside the value. */
  entry: 24,
} as const;
