/** What clients ask, as data: arrivals, operation mix, keys and value sizes of each workload. */
import type { DistributionSpec } from "../kernel/distribution-spec.ts";

/** In the order in which they are numbered everywhere. */
export const OPERATIONS = ["read", "update", "insert", "readModifyWrite", "delete"] as const;
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
  /** Bytes of a key as it travels with a request; they count in the load's bytes alone. None if left out. */
  readonly key?: DistributionSpec;
}

export type ArrivalsSpec =
  /** Open loop: operations per second, whatever the answers. */
  | { readonly kind: "poisson"; readonly rate: number }
  | { readonly kind: "constant"; readonly rate: number }
  /** Open loop: independent gaps of this distribution, in microseconds. */
  | { readonly kind: "gaps"; readonly gap: DistributionSpec }
  /** Open loop: Poisson at `rates[state]` per second while in a state, whose stay is exponential with mean `stay[state]` (arrivals.ts). */
  | { readonly kind: "mmpp"; readonly rates: readonly number[]; readonly stay: readonly number[] }
  /** Closed loop: each of `clients` waits for its answer, thinks, asks again. */
  | { readonly kind: "closed"; readonly clients: number; readonly think: DistributionSpec };

/** Which rows are asked for, and how that changes in the course of time. */
export type KeysSpec = KeyChoiceSpec & { readonly shift?: ShiftSpec; readonly celebrity?: CelebritySpec };

export type KeyChoiceSpec =
  | { readonly kind: "uniform" }
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
