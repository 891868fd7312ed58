/** What clients ask, as data: arrivals, operation mix, keys and value sizes of each workload. */
import type { DistributionSpec } from "../kernel/distribution-spec.ts";

/** In the order in which they are numbered everywhere. */
export const OPERATIONS = ["read", "update", "insert", "readModifyWrite", "delete", "scan", "find", "join", "multiRead"] as const;
export type OperationKind = (typeof OPERATIONS)[number];

export interface WorkloadSpec {
  readonly name: string;
  /** Name of the client group that issues it. */
  readonly from: string;
  readonly table: string;
  readonly arrivals: ArrivalsSpec;
  /** Shares that sum to 1, by operation. */
  readonly mix: Readonly<Partial<Record<OperationKind, number>>>;
  readonly keys: KeysSpec;
  /** Bytes of a written value. */
  readonly value: DistributionSpec;
  /** Bytes of an inserted value, where that is another. */
  readonly inserted?: DistributionSpec;
  /** Operations come from a recorded trace: arrivals and keys are its own, `mix` is what it holds. */
  readonly trace?: TraceSpec;
  /** Bytes of a key as it travels with a request; they count in the load's bytes alone. None if left out. */
  readonly key?: DistributionSpec;
  /** Rows that a scan wants, from the row of its key on. */
  readonly scan?: { readonly length: DistributionSpec } | undefined;
  /** The column by which finds look; each asks for one of its values, all alike. */
  readonly find?: { readonly column: string } | undefined;
  /** The table whose rows a join puts beside one of the workload's own. */
  readonly join?: { readonly with: string } | undefined;
  /** Keys that a multi-key read names, all different. */
  readonly multiRead?: { readonly keys: DistributionSpec } | undefined;
}

export type ArrivalsSpec =
  /** Open loop: operations per second, whatever the answers. */
  | { readonly kind: "poisson"; readonly rate: number }
  | { readonly kind: "constant"; readonly rate: number }
  /** Open loop: independent gaps of this distribution, in microseconds. */
  | { readonly kind: "gaps"; readonly gap: DistributionSpec }
  /** Open loop: Poisson at `rates[state]` per second while in a state, whose stay is exponential with mean `stay[state]` (arrivals.ts). */
  | { readonly kind: "mmpp"; readonly rates: readonly number[]; readonly stay: readonly number[] }
  /** Open loop: as recorded. */
  | { readonly kind: "trace" }
  /** Closed loop: each of `clients` waits for its answer, thinks, asks again. */
  | { readonly kind: "closed"; readonly clients: number; readonly think: DistributionSpec }
  /** Each acknowledged operation of another workload is followed, after a delay, by one of this, on the same row. */
  | { readonly kind: "following"; readonly workload: string; readonly delay: DistributionSpec };

/** Which rows are asked for, and how that changes in the course of time. */
export type KeysSpec = KeyChoiceSpec & { readonly shift?: ShiftSpec; readonly celebrity?: CelebritySpec };

export type KeyChoiceSpec =
  | { readonly kind: "uniform" }
  /** As recorded. */
  | { readonly kind: "trace" }
  /** Exact Zipf over the rows: rank r has probability proportional to r^-exponent. */
  | { readonly kind: "zipf"; readonly exponent: number }
  /** Exact Zipf by age, the newest row first: rows whose insert has ended join. */
  | { readonly kind: "latest"; readonly exponent: number }
  /** YCSB's ScrambledZipfianGenerator, bias and all. */
  | { readonly kind: "ycsbScrambledZipfian" }
  /** YCSB's SkewedLatestGenerator on its acknowledged counter. */
  | { readonly kind: "ycsbLatest" }
  | { readonly kind: "hotSet"; readonly keys: number; readonly operations: number };

/** The whole ranking moves on over the rows: by a share of them, or to a place drawn anew each time. Instants are of measured time. */
export interface ShiftSpec {
  readonly every?: number;
  readonly at?: readonly number[];
  readonly by?: number;
}

/** One row, drawn by the seed unless named, that takes a share of the operations on rows that exist, from an instant of measured time on. */
export interface CelebritySpec {
  readonly share: number;
  readonly from: number;
  readonly until?: number;
  readonly row?: number;
}

/** A recorded trace and how it is replayed. */
export interface TraceSpec {
  /** As the scenario names it, relative to its folder. */
  readonly file: string;
  readonly layout: TraceLayout;
  /** Times of the trace are multiplied by this: below 1 it runs faster. */
  readonly timeScale: number;
  /** It begins again when it has ended. */
  readonly loop: boolean;
  /** Rows of one and the same time are spread evenly over so many microseconds of the trace, or up to the next time if that is sooner. */
  readonly spread: number;
  /** Row of a key: its hash modulo the rows, or the next row that no key has, in the order of first appearance. */
  readonly keys: "hash" | "dense";
  /** What is in the file: part of the run's identity. */
  readonly contents: TraceContents;
}

/** How rows are written: Twitter's seven columns without names, or columns found by the names in the first line. */
export type TraceLayout =
  | { readonly kind: "twitter" }
  | {
      readonly kind: "columns";
      readonly time: string;
      readonly key: string;
      readonly operation?: string;
      readonly size?: string;
      readonly client?: string;
      /** Microseconds of one unit of time. */
      readonly unit: number;
      /** What the column of operations says, beside the names that are known anyway (trace-operations.ts). */
      readonly operations?: Readonly<Record<string, OperationKind>>;
    };

/** A look at the whole file. */
export interface TraceContents {
  /** Sixteen hexadecimal digits over every byte. */
  readonly hash: string;
  readonly bytes: number;
  readonly rows: number;
  /** Microseconds, of the first and the last row. */
  readonly first: number;
  readonly last: number;
  /** Different keys, where they were counted (keys: dense). */
  readonly keys?: number;
  /** Rows by operation. */
  readonly operations: Readonly<Partial<Record<OperationKind, number>>>;
}
