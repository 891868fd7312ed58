/** What a lease agent knows: its session, the keys of its shards, and what it is doing for each. */
import type { HostId, MachineId, ServerId, ShardId } from "../../../../base/ids.ts";
import type { Io } from "../../../../base/machine.ts";
import type { Duration } from "../../../../base/time.ts";
import type { KeySeen, MapSnapshot, PartContext } from "../../contracts.ts";

export interface LeaseOptions {
  readonly ttl: Duration;
  readonly loopWait: Duration;
  readonly retryTimeout: Duration;
  /** Bytes. */
  readonly maximumLagOnFailover: number;
  readonly primaryStartTimeout: Duration;
  readonly failsafeMode: boolean;
}

/** What an agent does for one shard. Holding its key, it goes from `claiming` to `leading`. */
export type Phase = "following" | "racing" | "locking" | "claiming" | "promoting" | "committing" | "leading";

export interface ShardNotes {
  readonly shard: number;
  readonly replica: MachineId;
  phase: Phase;
  key: KeySeen;
  /** Where the leader wrote down how far it was (`until`), and how many bytes its last entries had (`who`). */
  status: KeySeen;
  /** Somebody has led it since this agent looks: it is not being set up. */
  wasLed: boolean;
  token: number;
  /** The epoch believed to be claimed last, and the one that is this agent's. */
  asked: number;
  epoch: number;
  /** The same database leads again after a restart: nothing failed over. */
  isRestart: boolean;
}

export interface Position {
  readonly index: number;
  readonly epoch: number;
  readonly isPrimary: boolean;
}

export interface Notes {
  readonly context: PartContext;
  readonly server: ServerId;
  readonly name: string;
  readonly options: LeaseOptions;
  /** Shards with a replica on this server. */
  readonly shards: readonly ShardNotes[];
  readonly agentOn: (server: ServerId) => MachineId;
  /** 0 for none. */
  session: number;
  /** By this host's clock: until then the session surely lives, counted from when it was last asked for. */
  heldUntil: number;
  map: MapSnapshot;
  /** The database runs. */
  isUp: boolean;
  /** Does this agent hold the shard's key, as far as it can know without asking? */
  readonly holds: (of: ShardNotes, io: Io) => boolean;
  readonly leadsAny: () => boolean;
  readonly find: (shard: number) => ShardNotes | undefined;
  readonly nextToken: () => number;
}

const NO_KEY: KeySeen = { revision: 0, who: -1, until: 0, session: 0 };
/** Tokens that one incarnation gives at most: what tells its claims from another's. */
const TOKENS = 1_000_000_000;

export function createNotes(
  host: HostId,
  context: PartContext,
  options: LeaseOptions,
  agentOn: (server: ServerId) => MachineId,
): Notes & { readonly begin: (incarnation: number) => void } {
  const server = host as number as ServerId;
  const shards: ShardNotes[] = [];
  for (let shard = 0; shard < context.shards; shard += 1) {
    if (!context.replicasOf(shard as ShardId).includes(server)) continue;
    shards.push({
      shard,
      replica: context.replicaMachine(shard as ShardId, server),
      phase: "following",
      key: NO_KEY,
      status: NO_KEY,
      wasLed: false,
      token: 0,
      asked: 0,
      epoch: 0,
      isRestart: false,
    });
  }
  const byNumber = new Map(shards.map((one) => [one.shard, one]));
  let token = 0;
  const notes: Notes & { readonly begin: (incarnation: number) => void } = {
    context,
    server,
    name: `agent ${server}`,
    options,
    shards,
    agentOn,
    session: 0,
    heldUntil: -1,
    map: context.initialMap(),
    isUp: false,
    holds: ({ key }, io) => notes.session > 0 && key.session === notes.session && io.now() < notes.heldUntil,
    leadsAny: () => shards.some(({ phase }) => isHolding(phase)),
    find: (shard) => byNumber.get(shard),
    nextToken: () => {
      token += 1;
      return token;
    },
    begin: (incarnation) => {
      token = incarnation * TOKENS;
    },
  };
  return notes;
}

/** It acts on a key that it takes for its own. */
export const isHolding = (phase: Phase): boolean =>
  phase === "claiming" || phase === "promoting" || phase === "committing" || phase === "leading";
