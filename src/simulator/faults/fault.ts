/** What can be injected, as data, and what it is aimed at. scripted.ts turns a spec into instants. */
import type { DistributionSpec } from "../kernel/distribution-spec.ts";

export interface FaultSpec {
  /** Named by content, never by list position: the canonical text of all that follows. Two equal faults get `#2`. */
  readonly name: string;
  /** For people: the label given, else a short form of the content. */
  readonly label: string;
  /** Instant after the start of measured time, or the gap between repetitions. */
  readonly when: { readonly kind: "at"; readonly at: DistributionSpec } | { readonly kind: "every"; readonly gap: DistributionSpec };
  readonly action: FaultAction;
  /** Down time of a crash or host death, length of a pause or cut. */
  readonly lasts: { readonly kind: "for"; readonly length: DistributionSpec } | { readonly kind: "ever" };
  /** Where in the file, for messages. */
  readonly path: string;
}

export type FaultAction =
  | { readonly kind: "processCrash"; readonly target: readonly Target[] }
  | { readonly kind: "hostDeath"; readonly target: readonly Target[] }
  | { readonly kind: "pause"; readonly target: readonly Target[] }
  | { readonly kind: "cut"; readonly from: readonly Target[]; readonly to: readonly Target[] | "rest"; readonly oneWay: boolean };

/** A list is a union. Ordinals of controllers and standbys count from 1, shards and servers from 0. */
export type Target =
  | { readonly kind: "primaryOf"; readonly shard: number }
  | { readonly kind: "standbyOf"; readonly ordinal: number; readonly shard: number }
  | { readonly kind: "standbysOf"; readonly shard: number }
  | { readonly kind: "primaries" }
  | { readonly kind: "server"; readonly server: number }
  | { readonly kind: "process"; readonly process: string; readonly server: number }
  | { readonly kind: "location"; readonly location: "zone" | "rack" | "region"; readonly name: string }
  | { readonly kind: "randomServers"; readonly count: number }
  /** All hosts of a role (`monitors`, `metadata`), one of them (`monitor 1`), or its leader (`leader of metadata`). */
  | { readonly kind: "role"; readonly role: string; readonly which: number | "all" | "leader" }
  | { readonly kind: "clients"; readonly group: string; readonly zone: string | undefined };
