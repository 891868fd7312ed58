/** Identities inside one run: dense small integers, so that tables indexed by them are arrays. */
import type { Brand } from "./brand.ts";

/** A shard: 0 up to the number of shards. */
export type ShardId = Brand<number, "ShardId">;
/** A host: servers first (so that a ServerId is a HostId), then controllers, then clients. */
export type HostId = Brand<number, "HostId">;
/** A host that holds replicas: 0 up to the number of servers. */
export type ServerId = HostId & Brand<number, "ServerId">;
/** A process: what can crash alone on a host. */
export type ProcessId = Brand<number, "ProcessId">;
/** A machine: one deterministic actor in a process. */
export type MachineId = Brand<number, "MachineId">;
/** A key: a dense index into the key space; inserts extend it. */
export type KeyId = Brand<number, "KeyId">;

export const shardId = (n: number): ShardId => n as ShardId;
export const hostId = (n: number): HostId => n as HostId;
export const serverId = (n: number): ServerId => n as ServerId;
export const processId = (n: number): ProcessId => n as ProcessId;
export const machineId = (n: number): MachineId => n as MachineId;
