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
  /** Down time of what dies, length of anything else. */
  readonly lasts: { readonly kind: "for"; readonly length: DistributionSpec } | { readonly kind: "ever" };
  /** Where in the file, for messages. */
  readonly path: string;
}

export type FaultAction =
  /**
   * What dies and may come back: a process alone; a host; hosts whose power is gone, with what their devices hold in
   * volatile caches; servers whose disks are lost too, which come back empty.
   */
  | { readonly kind: "processCrash" | "hostDeath" | "powerLoss" | "wipe"; readonly target: readonly Target[] }
  /** What stands still and loses nothing: processes, or whole machines, whose monotonic clock stands too. */
  | { readonly kind: "pause" | "freeze"; readonly target: readonly Target[] }
  /** Demands take `cpu` times as long, flushes `disk` times. */
  | { readonly kind: "slow"; readonly target: readonly Target[]; readonly cpu: number; readonly disk: number }
  /** The wall clock shows so many microseconds more, until the fault ends. */
  | { readonly kind: "skew"; readonly target: readonly Target[]; readonly by: number }
  /** The wall clock shows so many microseconds more, for good. */
  | { readonly kind: "clockJump"; readonly target: readonly Target[]; readonly by: number }
  /** Both clocks run so many parts per million faster, until the fault ends. */
  | { readonly kind: "drift"; readonly target: readonly Target[]; readonly ppm: number }
  | LinkAction;

/** What happens to the ways between two sides. */
export type LinkAction = Link &
  (
    | { readonly kind: "cut" }
    /** Each message takes so much longer. */
    | { readonly kind: "slowLink"; readonly delay: DistributionSpec }
    /** This share of packets has to be sent again, and again. */
    | { readonly kind: "loss"; readonly share: number }
    /** Cut and mended in turn: down first. The link is found when the fault begins. */
    | { readonly kind: "flap"; readonly down: DistributionSpec; readonly up: DistributionSpec }
  );

export interface Link {
  readonly from: readonly Target[];
  readonly to: readonly Target[] | "rest";
  /** Only from the first side to the second. */
  readonly oneWay: boolean;
}

/** Has the action two sides, and ways between them? */
export const isOfLinks = (action: FaultAction): action is LinkAction => "from" in action;

/** All targets of an action. */
export function targetsOf(action: FaultAction): readonly Target[] {
  if (!isOfLinks(action)) return action.target;
  return action.to === "rest" ? action.from : [...action.from, ...action.to];
}

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
