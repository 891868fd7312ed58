/**
 * What one run leaves. Everything after the run (statistics, checks, charts) is a function of this value, so a stored
 * record can be judged and drawn again. Times are whole microseconds; `at` counts from the start of measured time
 * (negative during warm-up). Nothing here depends on the machine that ran it, and its size does not grow with the load.
 *
 * fact.ts holds the facts; windows.ts the counters' layout; histogram.ts the histograms; digest.ts the hash.
 */
import type { Fact } from "./fact.ts";
import type { KeyHistory } from "./history.ts";
import type { HistogramData } from "./histogram.ts";

/** What a search for the load at which something breaks has found; loads are multiples of the scenario's own. */
export interface LoadFound {
  /** The highest load tried below the break: nothing breaks there. Undefined if it breaks at every load tried. */
  readonly holds: number | undefined;
  /** The lowest load that breaks; undefined if none tried does. */
  readonly breaks: number | undefined;
  /** What breaks there first. */
  readonly what: string | undefined;
}

export interface RunRecord {
  readonly header: RunHeader;
  /** In order of time, then of happening. */
  readonly facts: readonly Fact[];
  /** In order of opening, then shard, then vantage. */
  readonly outages: readonly Outage[];
  /** Every (shard, vantage) that a fault touched, so that "no outage" can be told from "not exercised". */
  readonly touched: readonly Touched[];
  /** One entry per operation kind and vantage that issued any, sorted by both names. Probes are not in here. */
  readonly operations: readonly OperationRecord[];
  readonly windows: Windows;
  readonly data: DataAudit;
  readonly requests: RequestAudit;
  /** Loads that it stands, where the scenario asks for headroom: found by running it again at others. The digest does not count them. */
  readonly headroom?: { readonly healthy: LoadFound | undefined; readonly gone: LoadFound | undefined };
  /** All that clients did with a few keys, where the scenario asks for it; the digest does not count it. */
  readonly histories?: readonly KeyHistory[];
  /** Of the whole run; `measured` time apart is not in the digest, and not in records of older versions. */
  readonly network: {
    readonly messages: number;
    readonly bytes: number;
    readonly measured?: { readonly messages: number; readonly bytes: number; readonly crossZoneBytes: number };
  };
  /** Bytes held by all replicas at the end of measured time. */
  readonly storageBytes: number;
  /** Host-seconds paid for over measured time, in microseconds (dead hosts count until they are retired). */
  readonly hostTime: number;
  /** Share of shard x measured time that was writable by state, computed at events. */
  readonly writableShare: number;
  /** When shards had fewer copies than they should, in measured time, in order of their ends (recovery.redundancy). */
  readonly reductions: readonly ReductionRecord[];
  /** Of a run in which the membership changed: key copies that had to come to some server by that, at the least. */
  readonly movement?: { readonly fewestKeys: number };
  /** Wall of virtual time: when the run ended, and whether it was quiescent by then (else audits are unknown). */
  readonly endedAt: number;
  readonly quiescent: boolean;
  /** Sixteen hexadecimal digits over facts, counters and histograms. */
  readonly digest: string;
}

export interface RunHeader {
  readonly scenario: string;
  readonly strategy: string;
  readonly seed: number;
  /** 0 up to the number of repeats. */
  readonly repeat: number;
  readonly version: string;
  /** Identity of the run: hash of all that can change its result. */
  readonly key: string;
  readonly warmup: number;
  readonly duration: number;
  readonly settle: number;
  readonly slow: number;
  readonly shards: number;
  /** Index = ServerId. */
  readonly servers: readonly {
    readonly name: string;
    readonly zone: string;
    readonly region: string;
    readonly cores: number;
    /** It joins during the run, if at all. */ readonly joins?: true;
  }[];
  /** Client locations, in order of their names: `clients/zone`. */
  readonly vantages: readonly string[];
  /** How many servers' state is authoritative at once: false for leaderless and multi-primary replication. */
  readonly singleOrder: boolean;
}

/** How an outage ended. */
export type OutageEnd = "failover" | "rerouted" | "returned" | "switchover" | "open";

export interface Outage {
  readonly shard: number;
  readonly vantage: string;
  /** Labels of the faults it is charged to; empty for an outage without a fault (overload). */
  readonly causes: readonly string[];
  readonly ended: OutageEnd;
  readonly openedAt: number;
  /** The closing acknowledgement; for `open` the end of measured time, where the outage is censored. */
  readonly closedAt: number;
  /** The six phases sum to closedAt - openedAt exactly; all zero while `open`. */
  readonly phases: Phases;
  /** True if the network alone kept this vantage from a majority of the shard's live replica hosts: left out of recovery.time. */
  readonly isolated: boolean;
  readonly elections: number;
  readonly lossWrites: number;
  readonly lossVisible: number;
  /** Microseconds; 0 without loss. */
  readonly lossSpan: number;
}

/** From the loss of a copy, of its link or its membership until all are back and have caught up; open ones end with measured time. */
export interface ReductionRecord {
  readonly shard: number;
  readonly openedAt: number;
  readonly closedAt: number;
  readonly isOpen: boolean;
}

export interface Phases {
  readonly detection: number;
  readonly decision: number;
  readonly promotion: number;
  readonly publication: number;
  readonly reconnection: number;
  readonly return: number;
}

export interface Touched {
  readonly shard: number;
  readonly vantage: string;
  /** False if its outages go to recovery.isolated, or its client hosts were all down. */
  readonly counts: boolean;
}

export interface OperationRecord {
  readonly operation: string;
  readonly vantage: string;
  /** Issued in measured time. */
  readonly issued: number;
  /** Answered well, at any time up to the deadline. */
  readonly good: number;
  /** Refused for certain, by reason. */
  readonly refused: number;
  /** No definite answer by the last deadline. */
  readonly ambiguous: number;
  /** Of operations on several shards: answered by some of them only, which is not well. */
  readonly partial?: number;
  /** Requests sent; each shard's part of an operation has its own. */
  readonly attempts: number;
  /** Latency of answered operations (partial answers too), from the intended send, microseconds. */
  readonly latency: HistogramData;
}

/** Counters per window. `serverRequests[w * servers + s]`, `shardRequests[w * shards + s]`; window 0 starts with measured time. */
export interface Windows {
  readonly width: number;
  readonly count: number;
  readonly serverRequests: readonly number[];
  readonly serverBytes: readonly number[];
  readonly serverBusy: readonly number[];
  readonly shardRequests: readonly number[];
  readonly shardBytes: readonly number[];
  readonly shardBusy: readonly number[];
  /** Keys a server / shard held at the window's end (primaries' copies included). */
  readonly serverKeys: readonly number[];
  readonly shardKeys: readonly number[];
  /** Client operations by intended send: issued, answered well; latency of those answered, by operation. */
  readonly issued: readonly number[];
  readonly good: readonly number[];
  readonly latency: readonly { readonly operation: string; readonly windows: readonly HistogramData[] }[];
  /** Sum and count of answered reads' latency by shard over measured time (for query.index). */
  readonly shardReadTime: readonly number[];
  readonly shardReads: readonly number[];
  /** How requests fall on single keys, over measured time; records of older versions have none. */
  readonly hotKeys?: HotKeys;
}

/** Requests served by key: enough to say how evenly any placement could have spread them. Probes are left out. */
export interface HotKeys {
  /** Of the keys asked most, falling; all of them where there are few. */
  readonly hottest: readonly number[];
  /** Of the next one; 0 if there is none. */
  readonly next: number;
  /** Of all others together. */
  readonly rest: number;
}

/** The ledger's audit after settling. Probes are audited but not counted, except where a name says so. */
export interface DataAudit {
  readonly acknowledged: number;
  readonly lossWrites: number;
  readonly lossVisible: number;
  readonly lossBytes: number;
  /** Lost writes that a semi-synchronous primary acknowledged while it had fallen back; left out of a run in which none did. */
  readonly lossFallenBack?: number;
  readonly lossSpan: number;
  readonly resurrectedKeys: number;
  readonly phantomWrites: number;
  readonly duplicatedWrites: number;
  readonly ambiguousWrites: number;
  readonly ambiguousPresent: number;
  readonly staleReads: number;
  /** Microseconds. */
  readonly staleAge: HistogramData;
  readonly splitBrainWrites: number;
  readonly splitBrainSpan: number;
  readonly divergedReplicas: number;
  /** Replicas alive at the end whose states were compared with the authoritative one. */
  readonly comparedReplicas: number;
  /** Where writes have no single order: lost because an older write won by its clock; acknowledged and beaten by a concurrent one. */
  readonly lossByClock?: number;
  readonly conflictsDiscarded?: number;
}

/** Every request ends once: counted by the ledger over all operations, probes included. */
export interface RequestAudit {
  readonly issued: number;
  readonly endedOnce: number;
  readonly endedTwice: number;
  readonly neverEnded: number;
}
