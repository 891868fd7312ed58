/**
 * The model's own view of one run: plain data, defaults filled, units resolved (microseconds, bytes, rates per second,
 * shares 0..1). study/scenario produces it from a file; run-one hands it to the cluster. Types only.
 */
import type { Duration } from "../../base/time.ts";
import type { DistributionSpec } from "../kernel/distribution-spec.ts";
import type { FaultSpec } from "../faults/fault.ts";
import type { WorkloadSpec } from "../workload/workload.ts";

export interface RunSpec {
  readonly scenario: string;
  readonly strategy: string;
  readonly seed: number;
  readonly repeat: number;
  readonly key: string;
  readonly version: string;
  readonly warmup: Duration;
  readonly duration: Duration;
  readonly settle: Duration;
  readonly slow: Duration;
  readonly window: Duration;
  readonly prober: { readonly every: Duration; readonly deadline: Duration };
  readonly cluster: ClusterSpec;
  readonly data: DataSpec;
  /** Of how many keys everything that clients did is kept; undefined: of none. */
  readonly histories?: HistoriesSpec;
  readonly workload: readonly WorkloadSpec[];
  readonly faults: readonly FaultSpec[];
  /** Planned operations, in the order of their names. */
  readonly operations?: readonly OperationSpec[];
  /** Planned changes of primaries, in the order of their names. */
  readonly switchovers?: readonly SwitchoverSpec[];
  /** What is done about servers that stay away; undefined: nothing. */
  readonly rebalancing?: RebalancingSpec;
  /** How leaders that replicas elect are evened out over servers; undefined: they are not. */
  readonly leaderBalancing?: LeaderBalancingSpec;
  readonly parts: PartsSpec;
  /** What keys are dealt over, if not shards: with `servers`, shard i is server i's own. */
  readonly over?: "servers" | undefined;
  /** Where primaries should stand (placement's `primaries`), if anywhere. */
  readonly primaries: LocationSpec | undefined;
  readonly client: ClientSpec;
  /** Where controllers live: role ("monitor", "metadata") -> locations, one host each. Defaults filled by the reader. */
  readonly hosts: Readonly<Record<string, readonly LocationSpec[]>>;
}

/** Bounds of what is kept: whole keys, and operations of all of them together. */
export interface HistoriesSpec {
  readonly keys: number;
  readonly operations: number;
}

/** A place in the topology. */
export interface LocationSpec {
  readonly kind: "region" | "zone" | "rack";
  readonly name: string;
}

export interface ClusterSpec {
  /** In the order of the file; names are unique over the whole topology. */
  readonly regions: readonly { readonly name: string; readonly zones: readonly ZoneSpec[] }[];
  /** With `over: servers` the number of servers; of a sharding with a number of its own, that. */
  readonly shards: number;
  readonly replicas: number;
  readonly server: ServerSpec;
  readonly network: NetworkSpec;
  readonly clients: readonly ClientGroupSpec[];
  readonly metadata: MetadataSpec;
}

export interface ZoneSpec {
  readonly name: string;
  /** Servers without a named rack; each zone has at least its own implicit rack, named like the zone. */
  readonly racks: readonly RackSpec[];
}

export interface RackSpec {
  readonly name: string;
  readonly servers: number;
  /** Share of the load that each of its servers should carry, relative to others; 1 if left out. */
  readonly weight?: number | undefined;
  /** Its servers, where they are not like the cluster's. */
  readonly server?: ServerSpec | undefined;
}

export interface ServerSpec {
  readonly cores: number;
  /** How fast a core is: every demand takes its time divided by this. 1 if left out. */
  readonly speed?: number | undefined;
  /** Requests that may wait for a core, beyond those being served; the next is answered `overloaded`. */
  readonly queue: number;
  readonly service: {
    readonly read: DistributionSpec;
    readonly write: DistributionSpec;
    /** Per replicated entry at a standby. */ readonly apply: DistributionSpec;
    /** Of each row beyond the first that an operation reads at one shard; 0 if left out. */ readonly row?: Duration | undefined;
  };
  /** One flush of the log device. */
  readonly fsync: DistributionSpec;
  /** What the log device acknowledged in the last so long is lost with its power; nothing if left out. */
  readonly volatileCache?: Duration | undefined;
  /** Bytes per second, each direction. */
  readonly bandwidth: number;
  readonly clock: {
    /** Wall clock minus true time, microseconds. */ readonly offset: DistributionSpec;
    /** Parts per million, both clocks. */ readonly drift: DistributionSpec;
  };
}

export interface NetworkSpec {
  /** One-way latencies. */
  readonly sameHost: DistributionSpec;
  readonly sameZone: DistributionSpec;
  readonly crossZone: DistributionSpec;
  readonly crossRegion: DistributionSpec;
  /** Directed overrides between locations, roles or client groups (`cw>db`), most specific first as the reader ordered them. */
  readonly between: readonly { readonly from: string; readonly to: string; readonly latency: DistributionSpec }[];
  /** Share of messages that need a retransmission, and the time-out after which one is sent (held data after a cut also waits for it). */
  readonly loss: number;
  readonly retransmission: Duration;
}

export interface ClientGroupSpec {
  readonly name: string;
  /** Hosts are dealt over the zones in turn. */
  readonly zones: readonly string[];
  readonly hosts: number;
}

/** Demands of the metadata service's operations, each addressable on its own. */
export interface MetadataSpec {
  readonly cores: number;
  readonly queue: number;
  readonly read: DistributionSpec;
  /** Compare-and-set of a shard's next epoch. */
  readonly claim: DistributionSpec;
  /** Commit of a new owner into the authoritative map. */
  readonly commit: DistributionSpec;
  /** Of a group of members: what Raft's election time-out is drawn from, and its heartbeat. */
  readonly election?: { readonly from: Duration; readonly to: Duration } | undefined;
  readonly heartbeat?: Duration | undefined;
}

export interface DataSpec {
  /** Databases that hold each table; 1 if left out. */
  readonly databases?: number | undefined;
  readonly tables: readonly TableSpec[];
}
export interface TableSpec {
  readonly name: string;
  readonly rows: number;
  /** Bytes of a row. */
  readonly row: number;
  readonly key: string;
  /** Other columns by name: how many values each has. Row r has value r modulo that. */
  readonly columns?: Readonly<Record<string, number>> | undefined;
  /** Another table by whose rows this one is sharded: row r goes with row r modulo that table's rows. */
  readonly boundTo?: string | undefined;
}

export interface ClientSpec {
  /** From the intended send to giving up. */
  readonly deadline: Duration;
  /** Of one attempt; then the next is made, elsewhere if it can. */
  readonly timeout: Duration;
  readonly retries: number;
  readonly backoff: {
    readonly first: Duration;
    readonly factor: number;
    readonly max: Duration;
    /** Share of the pause drawn at random, 0..1. */ readonly jitter: number;
  };
  /** Retries allowed as a share of requests (a token bucket); 1 or more means no limit worth the name. */
  readonly budget: number;
  readonly learn: readonly LearnSpec[];
  /** Connections to each server; undefined: as many as there are requests, open from the start. */
  readonly pool?: { readonly size: number; readonly roundTrips: number; readonly connectTimeout: Duration } | undefined;
}
export type LearnSpec =
  | { readonly kind: "redirect" }
  | { readonly kind: "watch" }
  | { readonly kind: "ask" }
  | { readonly kind: "poll"; readonly every: Duration }
  | { readonly kind: "ttl"; readonly after: Duration }
  | { readonly kind: "address"; readonly after: Duration };

/** The chosen implementation of every part, its options already checked by its schema. */
export type PartsSpec = Readonly<Record<PartName, { readonly name: string; readonly options: unknown }>>;
export type PartName = "sharding" | "placement" | "routing" | "replication" | "failover" | "fencing";

export type OperationAction =
  /** So many servers join, in these places in turn; they stand idle before. */
  | { readonly kind: "add"; readonly zones: readonly string[] }
  /** A server leaves, as planned: nothing is on it any more at the end. */
  | { readonly kind: "remove"; readonly server: number }
  /** The keys are divided anew. */
  | { readonly kind: "reshard"; readonly into: ReshardSpec };

export type ReshardSpec = { readonly kind: "shards"; readonly shards: number } | { readonly kind: "databases"; readonly databases: number };

export interface OperationSpec {
  /** By its content: what its random numbers are named after. */
  readonly name: string;
  readonly label: string;
  readonly at: DistributionSpec;
  readonly action: OperationAction;
  /** Bytes per second that one copy may use; 0: no limit. */
  readonly throttle: number;
  readonly cutover: CutoverName;
}

/** A planned change of primary: of one shard, or of all whose primary is in a place. */
export interface SwitchoverSpec {
  /** By its content: what its random numbers are named after. */
  readonly name: string;
  readonly label: string;
  readonly at: DistributionSpec;
  readonly of:
    | { readonly kind: "shard"; readonly shard: number }
    | { readonly kind: "server"; readonly server: number }
    | { readonly kind: "location"; readonly location: LocationSpec }
    | { readonly kind: "all" };
  readonly to: { readonly kind: "server"; readonly server: number } | { readonly kind: "standby"; readonly ordinal: number } | undefined;
  readonly cutover: Exclude<CutoverName, "dualWrite">;
  readonly within: Duration;
}

export type CutoverName = "forwarding" | "dualWrite" | "freeze";

/** The rebalancing part `leaderBalancing`. */
export interface LeaderBalancingSpec {
  readonly interval: Duration;
  /** Share above the mean. */
  readonly threshold: number;
  readonly atOnce: number;
}

/** The rebalancing part `onMembershipChange`. */
export interface RebalancingSpec {
  /** Microseconds for which a server is silent before it is given up. */
  readonly after: number;
  readonly throttle: number;
  readonly cutover: CutoverName;
}
