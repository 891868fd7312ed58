/** What a monitor knows and is doing: shared by its rooms (observing, deciding, acting, telling), each of which changes its own part. */
import type { ServerId, ShardId } from "../../../../base/ids.ts";
import type { Io } from "../../../../base/machine.ts";
import { serversIn, type MapSnapshot, type PartContext } from "../../contracts.ts";
import type { MonitorOptions } from "./monitor-options.ts";
import { bitCount } from "../../masks.ts";
import { idle, type Procedure } from "../procedure.ts";

export interface Notes {
  readonly context: PartContext;
  readonly ordinal: number;
  readonly name: string;
  readonly options: MonitorOptions;
  /** 1 for servers that this monitor suspects. */
  readonly suspected: Uint8Array;
  /** Which monitors suspect a server, as bits by ordinal. */
  readonly reports: Int32Array;
  readonly procedures: Procedure[];
  /** Since when each server has been heard, by this monitor's clock; -1 while it is not. */
  readonly healthySince: Float64Array;
  /** When this monitor last heard of a failover of each shard. */
  readonly recoveredAt: Float64Array;
  map: MapSnapshot;
  readonly replicas: (shard: number) => readonly ServerId[];
  /** Those that hold a replica now. */
  readonly standing: (shard: number) => readonly ServerId[];
  readonly bit: (shard: number, server: number) => number;
  readonly isMember: (shard: number, server: number) => boolean;
  /** Monitors that must agree. */
  readonly agreement: () => number;
  /** Do so many suspect a server? */
  readonly isReported: (server: number) => boolean;
  /** This monitor does too, so it may act. */
  readonly isActionable: (server: number) => boolean;
  readonly shardTimer: (shard: number) => number;
  /** Is a planned change of primary under way there? Set by whoever does these. */
  isBusy: (shard: number) => boolean;
  /** Nothing is going on for the shard any more. */
  readonly reset: (shard: number, io: Io) => void;
}

/** Timers of servers follow, then those of shards. */
export const Timer = { Ping: 0, Watch: 1, FirstServer: 2 } as const;

/** Timers behind those of servers and shards. */
export const lateTimers = ({
  servers,
  shards,
}: PartContext): {
  readonly look: number;
  readonly switchover: number;
  /** One for each server. */
  readonly shots: number;
} => ({
  look: Timer.FirstServer + servers.length + shards,
  switchover: Timer.FirstServer + servers.length + shards + 1,
  shots: Timer.FirstServer + servers.length + shards + 2,
});

export function createNotes(context: PartContext, ordinal: number, map: MapSnapshot, options: MonitorOptions): Notes {
  const servers = context.servers.length;
  const suspected = new Uint8Array(servers);
  const reports = new Int32Array(servers);
  const procedures: Procedure[] = Array.from({ length: context.shards }, idle);
  const replicas = (shard: number): readonly ServerId[] => context.replicasOf(shard as ShardId);
  const agreement = (): number => options.agree ?? Math.floor(context.controllers("monitor").length / 2) + 1;
  const bit = (shard: number, server: number): number => 1 << replicas(shard).indexOf(server as ServerId);
  const shardTimer = (shard: number): number => Timer.FirstServer + servers + shard;
  const notes: Notes = {
    context,
    ordinal,
    name: `monitor ${ordinal}`,
    options,
    suspected,
    reports,
    procedures,
    healthySince: new Float64Array(servers).fill(-1),
    recoveredAt: new Float64Array(context.shards).fill(-Infinity),
    map,
    replicas,
    standing: (shard) => serversIn(replicas(shard), notes.map.standing[shard]!),
    bit,
    isMember: (shard, server) => (notes.map.members[shard]! & bit(shard, server)) !== 0,
    agreement,
    isReported: (server) => bitCount(reports[server]!) >= agreement(),
    isActionable: (server) => suspected[server] === 1 && notes.isReported(server),
    shardTimer,
    isBusy: () => false,
    reset: (shard, io) => {
      procedures[shard] = idle();
      io.cancelTimer(shardTimer(shard));
    },
  };
  return notes;
}
