/** Sharding and placement parts made by their registered names, on clusters of any shape. */
import { serverId } from "../../../src/base/ids.ts";
import { createStreams } from "../../../src/simulator/kernel/random.ts";
import type { PlacementPart, ServerPlace, ShardingContext, ShardingPart } from "../../../src/simulator/strategies/contracts.ts";
import type { PartFault, PartSurroundings } from "../../../src/simulator/strategies/part.ts";
import { REGISTRY } from "../../../src/simulator/strategies/registry.ts";
import { writeRowKey } from "../../../src/simulator/cluster/row-key.ts";

export type ShardingName = keyof typeof REGISTRY.sharding;
export type PlacementName = keyof typeof REGISTRY.placement;

interface Loose {
  readonly options: { readonly parse: (given: unknown) => unknown };
  readonly create: (options: unknown, context: unknown) => unknown;
  readonly check: (options: unknown, around: PartSurroundings) => readonly PartFault[];
}

/** `counts` servers in zones a, b, ... of one region; weights by zone, 1 if left out. */
export function servers(counts: readonly number[], weights: readonly number[] = []): readonly ServerPlace[] {
  const places = counts.flatMap((count, zone) => Array.from({ length: count }, () => zone));
  return places.map((zone, id) => {
    const name = String.fromCharCode(97 + zone);
    return { id: serverId(id), name: `server ${id}`, rack: name, zone: name, region: "r", weight: weights[zone] ?? 1 };
  });
}

export function context(shards: number, rows = 1000, homes?: readonly ServerPlace[]): ShardingContext {
  return { shards, homes, tables: [{ name: "users", rows }], rowKey: (into, _table, row) => writeRowKey(into, "users", row) };
}

export function sharding(name: ShardingName, options: unknown, within: ShardingContext): ShardingPart {
  const entry = REGISTRY.sharding[name] as unknown as Loose;
  return entry.create(entry.options.parse(options), within) as ShardingPart;
}

const text = new Uint8Array(256);

/** The shard of a row as the key space asks for it. */
export function shardOf(part: ShardingPart, row: number): number {
  return part.shardOfRow === undefined ? part.shardOf(text, writeRowKey(text, "users", row)) : part.shardOfRow(0, row);
}

export interface Around extends Partial<PartSurroundings> {
  readonly servers: readonly ServerPlace[];
  readonly seed?: number;
}

const filled = ({ servers: places, shards = 16, copies = 3, overServers = false, primaries }: Around): PartSurroundings => ({
  servers: places,
  shards,
  copies,
  overServers,
  primaries,
  databases: 1,
  tables: [{ name: "users", rows: 1000 }],
});

export function placement(name: PlacementName, options: unknown, around: Around): PlacementPart {
  const entry = REGISTRY.placement[name] as unknown as Loose;
  const { primaries, shards, overServers } = filled(around);
  return entry.create(entry.options.parse(options), {
    servers: around.servers,
    shards,
    prefersPrimary: primaries === undefined ? undefined : (server: ServerPlace) => `zone ${server.zone}` === primaries,
    overServers,
    random: createStreams(around.seed ?? 1).stream,
  }) as PlacementPart;
}

/** What the part says cannot be. */
export function faults(part: "sharding" | "placement", name: string, options: unknown, around: Around): readonly PartFault[] {
  const entry = (REGISTRY[part] as unknown as Readonly<Record<string, Loose>>)[name]!;
  return entry.check(entry.options.parse(options), filled(around));
}
