/**
 * How keys and copies lie before and after each planned operation. The unit that moves is the shard, with its log: so an
 * operation that divides keys anew makes the run's shards *pieces*, keys that stay together through all divisions that the
 * run will see. A piece has one owner at any time, its order of writes never leaves its log, and moving it to where the
 * new division wants it is moving a shard. (Hash slots, tablets and virtual nodes are pieces of real systems.)
 */
import { assert } from "../../base/assert.ts";
import { serverId, shardId, type ServerId } from "../../base/ids.ts";
import type { Random } from "../../base/random.ts";
import { compileDistribution } from "../kernel/distributions.ts";
import {
  domainOf,
  DOMAINS,
  type LossPolicy,
  type MapGoal,
  type PlannedChange,
  type RebalancingPlan,
  type ServerPlace,
  type ShardingPart,
} from "../strategies/contracts.ts";
import { Cutover } from "../strategies/messages.ts";
import { createPieces, type Pieces } from "./pieces.ts";
import type { RunParts } from "./run.ts";
import type { OperationSpec, RunSpec } from "./spec.ts";
import { adjust } from "./targets.ts";

export interface Layouts {
  /** Key → piece. */
  readonly sharding: ShardingPart;
  /** Servers of each piece's replicas at the start, the first primary first. */
  readonly replicas: readonly (readonly ServerId[])[];
  /** Undefined where nothing can ever move. */
  readonly plan: RebalancingPlan | undefined;
}

export interface LayoutsInput {
  readonly spec: RunSpec;
  readonly parts: RunParts;
  /** All servers, those that join later included. */
  readonly places: readonly ServerPlace[];
  readonly stream: (name: string) => Random;
  /** What repeats of one strategy share. */
  readonly memo: Map<string, unknown>;
}

/** One state of the membership: who may hold copies, and which units keys are divided into. */
interface Layout {
  readonly live: readonly ServerPlace[];
  /** Servers by unit. */
  readonly units: readonly (readonly ServerId[])[];
  /** The unit of each piece. */
  readonly unitOf: readonly number[];
}

const CUTOVERS = { forwarding: Cutover.Forwarding, dualWrite: Cutover.DualWrite, freeze: Cutover.Freeze } as const;

export function planLayouts(input: LayoutsInput): Layouts {
  const { spec, parts, places, stream } = input;
  const copies = parts.replication.copies(spec.cluster.replicas);
  const operations = inOrder(spec.operations ?? [], spec.warmup, stream);
  const pieces = piecesOf(input, operations);
  const sharding = pieces?.sharding ?? parts.sharding;
  const shards = sharding.shards;
  const initial = places.filter(({ id }) => id < initialServers(spec));
  const first: Layout = {
    live: initial,
    units: Array.from({ length: parts.sharding.shards }, (_, unit) => parts.placement.serversOf(shardId(unit), copies)),
    unitOf: pieces?.unitOf[0] ?? Array.from({ length: shards }, (_, shard) => shard),
  };
  const replicas = serversOf(first);
  if (operations.length === 0 && spec.rebalancing === undefined) return { sharding, replicas, plan: undefined };

  const domain = domainsOf(spec);
  const layouts: Layout[] = [first];
  const changes: PlannedChange[] = [];
  const joining = joiningServers(spec);
  for (const [index, { operation, at }] of operations.entries()) {
    const before = layouts[index]!;
    const { action, label, throttle, cutover } = operation;
    const live = membersAfter(before.live, operation, places, joining);
    const servers = action.kind === "remove" ? [serverId(action.server)] : (joining.get(operation) ?? []);
    const division = pieces?.unitOf[index + 1] ?? before.unitOf;
    let units: readonly (readonly ServerId[])[];
    if (spec.over === "servers") units = relaid(input, live, copies);
    else {
      const current = action.kind === "reshard" ? inherited(before, division, pieces!, index + 1) : before.units;
      units = adjust({ current, live, copies, domainOf: domain });
    }
    layouts.push({ live, units, unitOf: division });
    changes.push({ at, change: action.kind, servers, label, throttle, cutover: CUTOVERS[cutover] });
  }
  const loss: LossPolicy | undefined =
    spec.rebalancing === undefined
      ? undefined
      : {
          after: spec.rebalancing.after as LossPolicy["after"],
          throttle: spec.rebalancing.throttle,
          cutover: CUTOVERS[spec.rebalancing.cutover],
        };
  const known = new Map<string, readonly (readonly ServerId[])[]>();
  const targets = (goal: MapGoal): readonly (readonly ServerId[])[] => {
    const name = `${goal.operations} without ${goal.lost.join()}`;
    const found = known.get(name) ?? serversOf(without(layouts[goal.operations]!, goal.lost, copies, domain));
    known.set(name, found);
    return found;
  };
  return { sharding, replicas, plan: { changes, loss, targets } };
}

/** How many servers are members from the start. */
export function initialServers(spec: RunSpec): number {
  let servers = 0;
  for (const { zones } of spec.cluster.regions) for (const { racks } of zones) for (const rack of racks) servers += rack.servers;
  return servers;
}

/** Which servers each operation adds: the last numbers, in the order of the list (topology.ts numbers them so). */
function joiningServers(spec: RunSpec): ReadonlyMap<OperationSpec, readonly ServerId[]> {
  let next = initialServers(spec);
  const joining = new Map<OperationSpec, readonly ServerId[]>();
  for (const operation of spec.operations ?? []) {
    if (operation.action.kind !== "add") continue;
    joining.set(
      operation,
      operation.action.zones.map(() => serverId(next++)),
    );
  }
  return joining;
}

interface Timed {
  readonly operation: OperationSpec;
  /** Microseconds from the start of the run. */
  readonly at: number;
}

/** By their drawn times; at one time in the order of the list, which is that of their names. */
function inOrder(operations: readonly OperationSpec[], warmup: number, stream: (name: string) => Random): readonly Timed[] {
  return operations
    .map((operation) => ({ operation, at: warmup + compileDistribution(operation.at)(stream(`operation/${operation.name}`)) }))
    .sort((a, b) => a.at - b.at);
}

/**
 * Keys divided by every division that the run will see; undefined where there is one alone. Where keys are dealt over
 * servers, every change of servers divides them anew.
 */
function piecesOf({ spec, parts, places, memo }: LayoutsInput, operations: readonly Timed[]): Pieces | undefined {
  const isOver = spec.over === "servers";
  if (!operations.some(({ operation }) => isOver || operation.action.kind === "reshard")) return undefined;
  const divisions: ShardingPart[] = [parts.sharding];
  const joining = joiningServers(spec);
  let live: readonly ServerPlace[] = places.slice(0, initialServers(spec));
  for (const { operation } of operations) {
    const { action } = operation;
    const before = divisions.at(-1)!;
    live = membersAfter(live, operation, places, joining);
    if (action.kind !== "reshard" && !isOver) divisions.push(before);
    else {
      const made = parts.divide?.(action.kind === "reshard" ? action.into : undefined, live, before);
      assert(made !== undefined, `nothing in this run divides keys anew (${operation.name})`);
      divisions.push(made);
    }
  }
  return createPieces(divisions, spec.data, memo);
}

function membersAfter(
  live: readonly ServerPlace[],
  operation: OperationSpec,
  places: readonly ServerPlace[],
  joining: ReadonlyMap<OperationSpec, readonly ServerId[]>,
): readonly ServerPlace[] {
  const { action } = operation;
  if (action.kind === "remove") return live.filter(({ id }) => id !== action.server);
  const came = joining.get(operation) ?? [];
  return places.filter(({ id }) => live.some((place) => place.id === id) || came.includes(id));
}

/** Where keys are dealt over servers, the placement says where each server's copies are, whoever the servers are. */
function relaid({ parts }: LayoutsInput, live: readonly ServerPlace[], copies: number): readonly (readonly ServerId[])[] {
  const placement = parts.relay?.(live, live.length);
  assert(placement !== undefined, "nothing in this run places copies anew");
  return live.map((_, unit) => placement.serversOf(shardId(unit), copies));
}

/** A new unit begins where most of its keys are; one that stays begins where it is. */
function inherited(before: Layout, division: readonly number[], pieces: Pieces, step: number): readonly (readonly ServerId[])[] {
  const units = pieces.divisions[step]!;
  return Array.from({ length: units }, (_, unit) => {
    const keysFrom = new Map<number, number>();
    division.forEach((to, piece) => {
      const from = before.unitOf[piece]!;
      if (to === unit) keysFrom.set(from, (keysFrom.get(from) ?? 0) + pieces.keys[piece]!);
    });
    if (unit < before.units.length) return before.units[unit]!;
    const [most] = [...keysFrom].sort(([a, n], [b, m]) => m - n || a - b);
    return before.units[most?.[0] ?? unit % before.units.length]!;
  });
}

/** The layout after these servers are given up. With too few left, copies stay where they are. */
function without(
  layout: Layout,
  lost: readonly ServerId[] | readonly number[],
  copies: number,
  domainOf: (server: ServerPlace) => string,
): Layout {
  const gone = new Set<number>(lost);
  const live = layout.live.filter(({ id }) => !gone.has(id));
  if (gone.size === 0 || live.length < copies) return layout;
  return { ...layout, live, units: adjust({ current: layout.units, live, copies, domainOf }) };
}

/** The failure domains that copies of a shard are spread over: those of the placement's option, if it has one. */
function domainsOf(spec: RunSpec): (server: ServerPlace) => string {
  const { options } = spec.parts.placement;
  const named = typeof options === "string" ? options : (options as { readonly domain?: unknown } | undefined)?.domain;
  const domain = DOMAINS.find((one) => one === named) ?? "server";
  return (server) => domainOf(server, domain);
}

const serversOf = ({ units, unitOf }: Layout): readonly (readonly ServerId[])[] => unitOf.map((unit) => units[unit]!);
