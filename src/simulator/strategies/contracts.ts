/**
 * The plug-in interfaces: what each part of a strategy must give, nothing else. A part is built once per run from its
 * checked options and sees of the world only what `PartContext` and the `Io` of its machines show.
 */
import type { HostId, MachineId, ProcessId, ServerId, ShardId } from "../../base/ids.ts";
import type { Io, Machine, MessageFields } from "../../base/machine.ts";
import type { Random } from "../../base/random.ts";
import type { Duration } from "../../base/time.ts";
import type { distributionField } from "../notation/fields.ts";
import type { Cutover } from "./messages.ts";

export interface ServerPlace {
  readonly id: ServerId;
  readonly name: string;
  readonly rack: string;
  readonly zone: string;
  readonly region: string;
  /** Share of the load that it should carry, relative to the others; above 0. */
  readonly weight: number;
}

/** Failure domains, from the smallest. */
export const DOMAINS = ["server", "rack", "zone", "region"] as const;
export type Domain = (typeof DOMAINS)[number];

/** The name of the domain in which a server stands. */
export const domainOf = (server: ServerPlace, domain: Domain): string => (domain === "server" ? server.name : server[domain]);

/** What a sharding part is made for. */
export interface ShardingContext {
  /** Shards of the cluster; a scheme that has a number of its own (`databaseTable`) does not look at it. */
  readonly shards: number;
  /** The most that there will be, if their number changes during the run: names of shards are padded for it. */
  readonly shardsMost?: number;
  /** Where keys are dealt over servers: shard i is that of server i. Undefined where they are dealt over shards. */
  readonly homes: readonly ServerPlace[] | undefined;
  /** What is stored at first, in the order in which tables are numbered. */
  readonly tables: readonly { readonly name: string; readonly rows: number }[];
  /** Writes the key of a table's row as text; gives its length in bytes. */
  readonly rowKey: (into: Uint8Array, table: number, row: number) => number;
}

/** Key → shard. Asked once per key; the answer is remembered. */
export interface ShardingPart {
  readonly shards: number;
  /** The shard of a key given as text bytes (the first `length` of `bytes`). */
  readonly shardOf: (bytes: Uint8Array, length: number) => ShardId;
  /** Where shards go by the order of rows, not by the text of their keys: this is asked instead. */
  readonly shardOfRow?: (table: number, row: number) => ShardId;
  /** Do rows beside each other mostly share a shard? If left out, where `shardOfRow` is given. */
  readonly isOrdered?: boolean;
  /** The same scheme over other members, where it knows a better way than to begin anew: slots keep what they may. */
  readonly resized?: (context: ShardingContext) => ShardingPart;
  /** How many of so many equal parts of the space (hashes, or the rows of a table) belong to a shard that exists: for map-covers-key-space. */
  readonly covered: (parts: number) => number;
}

/** What a placement part is made for. */
export interface PlacementContext {
  readonly servers: readonly ServerPlace[];
  readonly shards: number;
  /** Where primaries should stand, if anywhere: servers for which this holds are preferred. */
  readonly prefersPrimary: ((server: ServerPlace) => boolean) | undefined;
  /** Whether shard i is server i's own (`over: servers`): its first copy stands there. */
  readonly overServers: boolean;
  /** A stream of the run by its name. */
  readonly random: (name: string) => Random;
}

/** Shard → servers, the preferred primary first. Distinct servers. */
export interface PlacementPart {
  readonly serversOf: (shard: ShardId, replicas: number) => readonly ServerId[];
}

/** When a write is acknowledged, and what a replica is. */
export interface ReplicationPart {
  /** How many copies it keeps when the scenario asks for so many. */
  readonly copies: (replicas: number) => number;
  /** False where there is no single order of a shard's writes (leaderless, multi-primary). */
  readonly singleOrder: boolean;
  /** Must a dead member be dropped by a new epoch before writes go on? Then only members can be promoted. */
  readonly waitsForMembers: boolean;
  /**
   * How versions of a key meet where writes have no single order: the ledger keeps its accounts by it. Without it replicas
   * have logs that can be compared.
   */
  readonly conflict?: "lastWriterWins" | "siblings";
  /** Which machines take requests, where it is not the primary's replica. */
  readonly coordination?: Coordination;
  /** True where replicas elect their primary themselves: no failover part beside it, and nothing is published before it serves. */
  readonly ownFailover?: true;
  /** Standbys apply what they have received late by design: what they hold and have yet to apply is no difference. */
  readonly appliesLate?: true;
  /** Live, connected replicas (the primary among them) that a shard needs to accept writes, of so many members. */
  readonly needed: (members: number) => number;
  /** Machines that it has beside the replicas. */
  readonly machines?: readonly MachinePlan[];
  /** Called anew for each incarnation of the server's process. */
  readonly createReplica: (context: ReplicaContext) => Machine;
}

/** Where any server, or any replica, takes a request: what clients must know to choose one. */
export interface Coordination {
  /** Name of the planned machine on each server that takes requests; undefined: the shard's replicas themselves. */
  readonly machine?: string;
  /** Among the shard's replicas, the nearest first; among all servers of the nearest place; or among all alike. */
  readonly choice: "replica" | "nearest" | "any";
  /** Clients stamp their writes themselves, by their wall clocks (`time` of the request). */
  readonly stampsByClient?: boolean;
}

/** Who notices, who follows: machines on controllers of their own (or none). */
export interface FailoverPart {
  /** Roles of the hosts it needs. */
  readonly roles: readonly string[];
  readonly createController: (role: string, ordinal: number, context: PartContext) => Machine;
  /** What answers for a whole server: pings at least. */
  readonly createAgent: (server: ServerId, context: PartContext) => Machine;
  /** Where clients ask who owns a shard: hosts of a role, or any server; the metadata service if left out. */
  readonly news?: { readonly kind: "role"; readonly role: string } | { readonly kind: "servers" };
  /**
   * Replicas have the role they were assigned last: they take it up again after a restart without asking anybody, and
   * follow only whom they were told to follow (as Redis does). If left out, the metadata service knows who is what.
   */
  readonly assignsRoles?: true;
  /** May this server serve requests now? Asked at each request, of what machines of the same host have published. */
  readonly permits?: (server: ServerId, context: PartContext) => (io: Io) => boolean;
  /** Machines that it has beside these: agents in processes of their own, say. */
  readonly machines?: readonly MachinePlan[];
  /** True where servers promote themselves, without controllers: the steps of a failover are stated and published all the same. */
  readonly isPeerToPeer?: true;
  /** True where a replica that restarts is primary only once it is promoted anew, whatever the map says. */
  readonly promotesRestarted?: true;
}

/** What stops the old primary. */
export interface FencingPart {
  /** Replicas refuse what comes from an older epoch than they have heard of. */
  readonly checksEpoch: boolean;
  /** Primaries hold leases from the monitors, and successors wait for their end. */
  readonly lease?: LeaseTerms;
  /** The old primary's process is ended before a successor is made. */
  readonly stonith?: StonithTerms;
  /** Stands before a replica, and lets through what the fencing allows. */
  readonly guard?: (replica: Machine, context: ReplicaContext) => Machine;
}

export interface LeaseTerms {
  /** What a monitor grants, from the sending of the question. */
  readonly ttl: Duration;
  /** Share by which clocks may run fast or slow. */
  readonly drift: number;
}

/** A range of times, both ends included. */
export interface Range {
  readonly from: Duration;
  readonly to: Duration;
}

export interface StonithTerms {
  readonly takes: Range;
  readonly via: "management" | "network";
  readonly by: "monitor" | "server";
  readonly shoots: "primary" | "lost";
  /** Share of shots that do nothing. */
  readonly fails: number;
  readonly timeout: Duration;
  readonly retries: number;
  readonly onFailure: "wait" | "promote";
  /** Does a promotion wait until the shot is confirmed? */
  readonly wait: boolean;
  readonly delay: Range;
  readonly sparePrimary: Duration;
  /** After so long the process is started again; undefined: never. */
  readonly reboot: Duration | undefined;
}

/** Key → server as a client believes it. */
export interface RoutingPart {
  readonly createClient: (context: ClientContext) => Machine;
  /** Where routers stand between clients and servers: one on each host of the role `router`. */
  readonly createRouter?: (context: ClientContext) => Machine;
}

/**
 * A machine that a part has beside replicas, agents, controllers and clients (a backup agent, a lease agent, a store):
 * on every server, or on every host of a role of its own (`hosts` of the scenario).
 */
export interface MachinePlan {
  /** Its address is `context.machineOn(name, host)`. */
  readonly name: string;
  readonly on: { readonly kind: "servers" } | { readonly kind: "role"; readonly role: string };
  /** The process of the host that it lives in: `database` is a server's own; any other is made. */
  readonly process: string;
  /** Processes of its host that run only while it says so (`Io.process`); it hears `Child` of them. */
  readonly supervises?: readonly string[];
  readonly create: (host: HostId, context: PartContext) => Machine;
}

/** What `Io.create` asked for, or undefined for a part that it does not know. The name is unlike all others of the run. */
export type MakeMachine = (
  part: string,
  host: HostId,
  about: number,
  context: PartContext,
) => { readonly name: string; readonly process: string; readonly shard?: ShardId; readonly create: () => Machine } | undefined;

/** What every machine may know of the world from the start: names and addresses, never state. */
export interface PartContext {
  /** All that will ever be there; those that are added during the run stand idle until then. */
  readonly servers: readonly ServerPlace[];
  readonly shards: number;
  /**
   * Servers that have or had a replica of a shard, each at its ordinal: first those of the placement, the first primary
   * first, then those that joined, in that order. It grows, nothing else: bit masks count by it. Which of them hold a
   * replica now is for messages to say (`MapSnapshot.standing`).
   */
  readonly replicasOf: (shard: ShardId) => readonly ServerId[];
  /** Undefined for a server on which none was ever made. */
  readonly replicaMachine: (shard: ShardId, server: ServerId) => MachineId;
  /** The machine that answers for a whole server (pings, configuration). */
  readonly agentMachine: (server: ServerId) => MachineId;
  readonly processOfServer: (server: ServerId) => ProcessId;
  /** The process in which a machine lives. */
  readonly processOf: (machine: MachineId) => ProcessId;
  readonly controllers: (role: string) => readonly MachineId[];
  /** A planned machine, and a process by its name, on a host. */
  readonly machineOn: (name: string, host: HostId) => MachineId;
  readonly processOn: (name: string, host: HostId) => ProcessId;
  /** Whom of the metadata service this machine asks now. Take it anew at each sending: it moves on when nothing is answered. */
  readonly metadata: () => MachineId;
  /** A watch of the metadata service is to be asked for again so often; undefined where it has one member. */
  readonly watchAgain?: Duration;
  /** The map that everybody starts with. */
  readonly initialMap: () => MapSnapshot;
  readonly waitsForMembers: boolean;
  readonly checksEpoch: boolean;
  readonly fencing: FencingPart;
  /** As the failover part says (`FailoverPart.promotesRestarted`). */
  readonly promotesRestarted?: boolean;
  /** Undefined where each shard has a primary. */
  readonly coordination?: Coordination | undefined;
  /** Replicas elect their primary themselves: nobody claims an epoch for them. */
  readonly ownFailover: boolean;
}

/** A distribution as options hold it. */
export type DistributionOption = ReturnType<typeof distributionField>["_output"];

export interface ReplicaContext extends PartContext {
  readonly shard: ShardId;
  readonly server: ServerId;
  /** Message fields, for `Machine.demand` (which has no Io). */
  readonly fields: MessageFields;
  /** Bytes of the rows that the shard holds now: what a full copy of it has to carry. */
  readonly dataBytes: () => number;
  /** Draws from a distribution of a part's options (a duration, microseconds). */
  readonly sampler: (distribution: DistributionOption) => (random: Random) => number;
  /** The demand of applying so many replicated entries, drawn from the replica's own stream. */
  readonly applyDemand: (entries: number) => number;
  /** As the failover part has them: `FailoverPart.assignsRoles`, and `permits` for this server. */
  readonly assignsRoles: boolean;
  readonly permits: ((io: Io) => boolean) | undefined;
}

/** A router as clients know it: where it stands, and its address. */
export interface RouterPlace {
  readonly machine: MachineId;
  readonly process: ProcessId;
  readonly zone: string;
  readonly region: string;
}

export interface ClientContext extends PartContext {
  /** In the order of their ordinals; none where clients route for themselves. */
  readonly routers: () => readonly RouterPlace[];
  readonly host: HostId;
  readonly zone: string;
  readonly region: string;
  readonly client: ClientPolicy;
  readonly random: (purpose: string) => Random;
  /** Whom to ask for the map, in this client's order: the next where one does not answer; the metadata service if left out. */
  readonly sources?: () => readonly MachineId[];
}

/** Of an operation on several shards, what each is asked: read it during the step. Arrays are longer than `count`. */
export interface Parts {
  readonly count: number;
  readonly shards: Int32Array;
  /** Service demand of each part, microseconds. */
  readonly demands: Float64Array;
}

/** The client part: what the application does. */
export interface ClientPolicy {
  readonly deadline: Duration;
  readonly timeout: Duration;
  readonly retries: number;
  readonly backoff: { readonly first: Duration; readonly factor: number; readonly max: Duration; readonly jitter: number };
  readonly budget: number;
  readonly redirect: boolean;
  readonly watch: boolean;
  /** After each failed attempt the map is asked for anew. */
  readonly ask?: boolean;
  readonly poll: Duration | undefined;
  readonly ttl: Duration | undefined;
  /** It speaks to addresses that move to a new primary so long after the map names it. */
  readonly address?: Duration;
  readonly probeDeadline: Duration;
  /** Connections to each server: so many, each opened in so many round trips and no longer than that. */
  readonly pool?: { readonly size: number; readonly roundTrips: number; readonly connectTimeout: Duration };
  /** Of a router: requests that cannot be served now are tried again for so long, so many at a time, the oldest giving way. */
  readonly buffer?: { readonly requests: number; readonly window: Duration };
}

/** The authoritative shard map as the metadata service hands it out: immutable. Masks are over ordinals (`replicasOf`), at most 31. */
export interface MapSnapshot {
  readonly owners: Int32Array;
  readonly epochs: Int32Array;
  /** Those that must acknowledge, where the replication part has such. */
  readonly members: Int32Array;
  /** Those that hold a replica, dead ones included until they are replaced: who may be shipped to, promoted, asked. */
  readonly standing: Int32Array;
  /** Per shard the servers at their ordinals, as far as this version knows them. */
  readonly replicas: readonly (readonly ServerId[])[];
  /** Where copies should go: what a rebalancer works towards, and finds again after its own crash. */
  readonly goal: MapGoal;
  /** Highest epoch claimed per shard: above `epochs` while a change is under way. */
  readonly claimed: Int32Array;
}

/** A key of the metadata service: its value is two numbers. */
export interface KeySeen {
  /** Under which it was last set; 0: there is no such key. */
  readonly revision: number;
  readonly who: number;
  readonly until: number;
  /** The session that holds it; 0: none. */
  readonly session: number;
}

/** The map and some keys, all of one instant. */
export interface KeysSeen {
  readonly map: MapSnapshot;
  /** In the order in which they were asked for. */
  readonly keys: readonly KeySeen[];
}

export interface MapGoal {
  /** How many of the run's planned operations have begun. */
  readonly operations: number;
  /** Servers that have been given up, rising. */
  readonly lost: readonly number[];
}

/** The servers whose bits are set, in the order of their ordinals. */
export const serversIn = (replicas: readonly ServerId[], mask: number): readonly ServerId[] =>
  replicas.filter((_, ordinal) => (mask & (1 << ordinal)) !== 0);

export interface PlannedChange {
  /** Microseconds after the start of the run. */
  readonly at: number;
  readonly change: "add" | "remove" | "reshard";
  /** Servers that come or go by it. */
  readonly servers: readonly ServerId[];
  readonly label: string;
  /** Bytes per second that one copy may use; 0: no limit. */
  readonly throttle: number;
  readonly cutover: Cutover;
}

/** A planned change of primary: of which shards, when, to whom. */
export interface PlannedSwitchover {
  /** Microseconds after the start of the run. */
  readonly at: number;
  readonly label: string;
  /** One shard, or every shard whose primary is then on one of these servers. */
  readonly of: { readonly kind: "shard"; readonly shard: number } | { readonly kind: "servers"; readonly servers: readonly ServerId[] };
  /** A server; the so-manieth standby, from 1; undefined: the most advanced standby that answers. */
  readonly to: { readonly kind: "server"; readonly server: ServerId } | { readonly kind: "standby"; readonly ordinal: number } | undefined;
  readonly cutover: Cutover;
  /** Not done within so long, it is given up and the old primary goes on. */
  readonly within: Duration;
}

/** The rebalancing part `onMembershipChange`: what is done about servers that stay away. */
export interface LossPolicy {
  /** Unheard for so long, a server is given up. */
  readonly after: Duration;
  readonly throttle: number;
  readonly cutover: Cutover;
}

/** What a rebalancer works by: planned operations in the order of their times, and where copies are due under a goal. */
export interface RebalancingPlan {
  readonly changes: readonly PlannedChange[];
  readonly loss: LossPolicy | undefined;
  /** Per shard the servers where its copies are due, the preferred primary first. The same goal gives the same answer. */
  readonly targets: (goal: MapGoal) => readonly (readonly ServerId[])[];
}

/** What machines of the same host can see of a replica under a primary (`Machine.published`). */
export interface ReplicaView {
  readonly isPrimary: () => boolean;
  readonly isAccepting: () => boolean;
  readonly epoch: () => number;
  /** -1 while it is not known. */
  readonly owner: () => number;
  /** Its last entry. */
  readonly last: () => number;
  /** By the map it holds a replica, and it has none: its disk was wiped. */
  readonly isBereft: () => boolean;
}

/** What can be seen of a rebalancer from outside (`Machine.published`). */
export interface RebalancerView {
  /** Something is still to be done, and may be waiting for a server to come back. */
  readonly isAtWork: () => boolean;
}
