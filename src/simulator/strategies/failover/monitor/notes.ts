/** What a monitor knows and is doing: shared by its rooms (observing, deciding, acting, telling), each of which changes its own part. */
import type { ServerId, ShardId } from "../../../../base/ids.ts";
import type { Io } from "../../../../base/machine.ts";
import type { Duration } from "../../../../base/time.ts";
import { serversIn, type MapSnapshot, type PartContext } from "../../contracts.ts";
import { bitCount, idle, type Procedure } from "../procedure.ts";

export interface MonitorOptions {
  readonly heartbeat: Duration;
  readonly misses: number;
  /** Monitors that must suspect a server; undefined: a majority. */
  readonly agree: number | undefined;
  /** Longest wait for standbys to tell their positions, and for replicas to confirm a fence. */
  readonly gather: Duration;
  /** What a person takes to decide, after the suspicion is actionable. */
  readonly operatorDelay: Duration;
}

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
  /** Nothing is going on for the shard any more. */
  readonly reset: (shard: number, io: Io) => void;
}

/** Timers of servers follow, then those of shards. */
export const Timer = { Ping: 0, Watch: 1, FirstServer: 2 } as const;

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
    map,
    replicas,
    standing: (shard) => serversIn(replicas(shard), notes.map.standing[shard]!),
    bit,
    isMember: (shard, server) => (notes.map.members[shard]! & bit(shard, server)) !== 0,
    agreement,
    isReported: (server) => bitCount(reports[server]!) >= agreement(),
    isActionable: (server) => suspected[server] === 1 && notes.isReported(server),
    shardTimer,
    reset: (shard, io) => {
      procedures[shard] = idle();
      io.cancelTimer(shardTimer(shard));
    },
  };
  return notes;
}
