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
  /** Rows that a scan wants, from the row of its key on. */
  readonly scan?: { readonly length: DistributionSpec } | undefined;
  /** The column by which finds look; each asks for one of its values, all alike. */
  readonly find?: { readonly column: string } | undefined;
  /** Keys that a multi-key read names, all different. */
  readonly multiRead?: { readonly keys: DistributionSpec } | undefined;
}

export type ArrivalsSpec =
  /** Open loop: operations per second, whatever the answers. */
  | { readonly kind: "poisson"; readonly rate: number }
  | { readonly kind: "constant"; readonly rate: number }
  /** Closed loop: each of `clients` waits for its answer, thinks, asks again. */
  | { readonly kind: "closed"; readonly clients: number; readonly think: DistributionSpec };

export type KeysSpec =
  | { readonly kind: "uniform" }
  /** Exact Zipf over the rows: rank r has probability proportional to r^-exponent. */
  | { readonly kind: "zipf"; readonly exponent: number }
  /** YCSB's ScrambledZipfianGenerator, bias and all. */
  | { readonly kind: "ycsbScrambledZipfian" }
  /** YCSB's SkewedLatestGenerator. */
  | { readonly kind: "ycsbLatest" }
  | { readonly kind: "hotSet"; readonly keys: number; readonly operations: number };
