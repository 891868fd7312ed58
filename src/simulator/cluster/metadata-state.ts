/**
 * What the metadata service knows, and how a command changes it: the authoritative shard map, sessions, and keys bound to
 * them. Pure: the same commands in the same order give the same state and the same answers, on one member or on five.
 *
 * A command asked for again (its answer was lost) must not take effect twice: a claim has its requester's token, a commit is
 * recognised by what it made, the others are idempotent by themselves.
 */
import { assert } from "../../base/assert.ts";
import type { MachineId, ServerId } from "../../base/ids.ts";
import type { KeySeen, MapGoal, MapSnapshot } from "../strategies/contracts.ts";
import { Message } from "../strategies/messages.ts";

/** A change that was asked for, by value: `message` says what the fields mean (messages.ts). */
export interface Command {
  readonly message: number;
  readonly from: MachineId;
  readonly shard: number;
  readonly epoch: number;
  readonly key: number;
  readonly version: number;
  readonly who: number;
  readonly count: number;
  readonly until: number;
  readonly token: number;
  readonly goal: MapGoal | undefined;
}

/** The service's own command: a session's time is up. `key`: the session; its keys go with it. */
export const EXPIRE = 0;

interface Claim {
  readonly by: MachineId;
  readonly token: number;
  readonly asked: number;
}

export interface MetadataState {
  readonly map: MapSnapshot;
  /** Sessions and how long each lives unheard, microseconds. */
  readonly sessions: ReadonlyMap<number, number>;
  readonly keys: ReadonlyMap<number, KeySeen>;
  /** The newest granted claim of a shard. */
  readonly claims: ReadonlyMap<number, Claim>;
  /** Counts sessions and changes of keys. */
  readonly counter: number;
}

/** The answer to a command, and what else follows from it. */
export interface Applied {
  readonly state: MetadataState;
  /** Kind of the answer; 0: none. */
  readonly answer: number;
  readonly shard: number;
  readonly epoch: number;
  readonly granted: boolean;
  readonly token: number;
  /** Of keys and sessions: the one that was asked about. */
  readonly key: number;
  /** Somebody else may own the shard now: watchers are told. */
  readonly publish: boolean;
  /** The news is to be had elsewhere: it is not stated as visible here. */
  readonly isQuiet?: boolean;
  /** Keys that changed. */
  readonly changed: readonly number[];
}

const NOTHING: readonly number[] = [];
/** Bits of a mask that a signed 32-bit number holds. */
const ORDINALS = 31;

export const initialState = (map: MapSnapshot): MetadataState => ({
  map,
  sessions: new Map(),
  keys: new Map(),
  claims: new Map(),
  counter: 0,
});

/** Bytes of a state as a snapshot: a few numbers for each shard, session and key. */
export const stateBytes = ({ map, sessions, keys }: MetadataState): number => 32 * map.owners.length + 16 * sessions.size + 40 * keys.size;

interface Change {
  readonly claimed?: number;
  readonly owner?: number;
  readonly epoch?: number;
  readonly members?: number;
  readonly standing?: number;
  readonly replica?: ServerId;
}

function changed(map: MapSnapshot, shard: number, change: Change): MapSnapshot {
  const copy = (array: Int32Array, value: number | undefined): Int32Array => {
    if (value === undefined) return array;
    const next = array.slice();
    next[shard] = value;
    return next;
  };
  return {
    owners: copy(map.owners, change.owner),
    epochs: copy(map.epochs, change.epoch),
    members: copy(map.members, change.members),
    standing: copy(map.standing, change.standing),
    replicas:
      change.replica === undefined
        ? map.replicas
        : map.replicas.map((servers, at) => (at === shard ? [...servers, change.replica!] : servers)),
    goal: map.goal,
    claimed: copy(map.claimed, change.claimed),
  };
}

function withEntry<Value>(map: ReadonlyMap<number, Value>, key: number, value: Value | undefined): ReadonlyMap<number, Value> {
  const next = new Map(map);
  if (value === undefined) next.delete(key);
  else next.set(key, value);
  return next;
}

/** Carries out a command. */
export function applyCommand(state: MetadataState, command: Command): Applied {
  switch (command.message) {
    case Message.Claim:
      return claim(state, command);
    case Message.Commit:
      return commit(state, command);
    case Message.Report:
      return report(state, command);
    case Message.AddReplica:
      return addReplica(state, command);
    case Message.SetGoal:
      return done({ ...state, map: { ...state.map, goal: command.goal! } }, command, Message.GoalSet, {});
    case Message.OpenSession: {
      const counter = state.counter + 1;
      const sessions = withEntry(state.sessions, counter, command.until);
      return done({ ...state, sessions, counter }, command, Message.SessionOpened, { key: counter });
    }
    case Message.CompareAndSet:
      return compareAndSet(state, command);
    default:
      return expire(state, command);
  }
}

function done(state: MetadataState, command: Command, answer: number, about: Partial<Applied>): Applied {
  const { shard, token, key } = command;
  return { state, answer, shard, epoch: 0, granted: true, token, key, publish: false, changed: NOTHING, ...about };
}

/** A compare-and-set of a shard's next epoch. */
function claim(state: MetadataState, command: Command): Applied {
  const { map, claims } = state;
  const { shard, epoch, from, token } = command;
  const last = claims.get(shard);
  const isAgain = last !== undefined && last.by === from && last.token === token && last.asked === epoch;
  if (isAgain && map.claimed[shard] === epoch + 1) return done(state, command, Message.Claimed, { epoch: epoch + 1 });
  if (map.claimed[shard] !== epoch) return done(state, command, Message.Claimed, { epoch: map.claimed[shard]!, granted: false });
  const next = {
    ...state,
    map: changed(map, shard, { claimed: epoch + 1 }),
    claims: withEntry(claims, shard, { by: from, token, asked: epoch }),
  };
  return done(next, command, Message.Claimed, { epoch: epoch + 1 });
}

/** Only the claimer of the newest epoch may commit it, once. */
function commit(state: MetadataState, command: Command): Applied {
  const { map } = state;
  const { shard, epoch, who, key: members } = command;
  const isAgain = map.epochs[shard] === epoch && map.owners[shard] === who && map.members[shard] === members;
  if (isAgain) return done(state, command, Message.Committed, { epoch });
  const granted = map.claimed[shard] === epoch && map.epochs[shard]! < epoch;
  if (!granted) return done(state, command, Message.Committed, { epoch, granted });
  const standing = command.version === 0 ? map.standing[shard]! : command.version;
  const next = { ...state, map: changed(map, shard, { epoch, owner: who, members, standing }) };
  return done(next, command, Message.Committed, { epoch, publish: true });
}

/** Elected elsewhere: the newest epoch is right, whoever comes last. */
function report(state: MetadataState, command: Command): Applied {
  const { map } = state;
  const { shard, epoch, who } = command;
  if (map.epochs[shard]! >= epoch) return done(state, command, Message.Reported, { epoch: map.epochs[shard]!, granted: false });
  const claimed = Math.max(map.claimed[shard]!, epoch);
  const next = { ...state, map: changed(map, shard, { epoch, owner: who, claimed }) };
  return done(next, command, Message.Reported, { epoch, publish: true, isQuiet: command.count === 1 });
}

function addReplica(state: MetadataState, command: Command): Applied {
  const { map } = state;
  const { shard } = command;
  const server = command.who as ServerId;
  const known = map.replicas[shard]!;
  if (known.includes(server)) return done(state, command, Message.ReplicaAdded, {});
  assert(known.length < ORDINALS, `shard ${shard} has had ${ORDINALS} replicas: no ordinal is left for server ${server}`);
  return done({ ...state, map: changed(map, shard, { replica: server }) }, command, Message.ReplicaAdded, {});
}

/**
 * Sets a key if it is as the requester believes: `version` is the revision it knows (0: there is no such key), `count` the
 * session that is to hold it, `who` the value (-1: delete). A session that is over can hold nothing.
 */
function compareAndSet(state: MetadataState, command: Command): Applied {
  const { keys, sessions } = state;
  const { key, version, who, until, count: session } = command;
  const now = keys.get(key);
  // Asked again: it is there already, by the same session.
  if (now !== undefined && who >= 0 && session > 0 && now.session === session && now.who === who && now.until === until)
    return done(state, command, Message.WasSet, {});
  const isAlive = session === 0 || sessions.has(session);
  if ((now?.revision ?? 0) !== version || !isAlive || (now === undefined && who < 0))
    return done(state, command, Message.WasSet, { granted: now === undefined && who < 0 });
  const counter = state.counter + 1;
  const value = who < 0 ? undefined : { revision: counter, who, until, session };
  return done({ ...state, keys: withEntry(keys, key, value), counter }, command, Message.WasSet, { changed: [key] });
}

function expire(state: MetadataState, command: Command): Applied {
  const { sessions, keys } = state;
  if (!sessions.has(command.key)) return done(state, command, 0, { granted: false });
  const gone = [...keys].flatMap(([key, { session }]) => (session === command.key ? [key] : []));
  const left = new Map(keys);
  for (const key of gone) left.delete(key);
  const next = { ...state, sessions: withEntry(sessions, command.key, undefined), keys: left };
  return done(next, command, 0, { changed: gone });
}
