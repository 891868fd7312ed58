/** Messages that several parts send alike: claims, roles, reports, maps. Of the control plane: one small object each is no matter. */
import type { MachineId } from "../../base/ids.ts";
import { Channel, type Io, type MessageFields } from "../../base/machine.ts";
import type { MapSnapshot } from "./contracts.ts";
import { BYTES, Message } from "./messages.ts";

type Numbers = Partial<Record<Exclude<keyof MessageFields, "payload" | "bytes">, number>>;

/** A new message of the size of an envelope, with these fields; gives its slot. */
export function letter(io: Io, fields: Numbers): number {
  const slot = io.message();
  const m = io.messages;
  m.bytes[slot] = BYTES.envelope;
  for (const name of Object.keys(fields) as (keyof Numbers)[]) m[name][slot] = fields[name]!;
  return slot;
}

/** Asks the metadata service for the epoch after `asked`. The same token is the same claim, however often it is asked. */
export function sendClaim(service: MachineId, shard: number, asked: number, token: number, io: Io): void {
  io.send(service, Channel.Control, Message.Claim, letter(io, { shard, epoch: asked, time: token }));
}

/** Who has a shard under an epoch, and with whom. */
export interface Role {
  readonly shard: number;
  readonly epoch: number;
  readonly owner: number;
  /** Masks over ordinals. */
  readonly members: number;
  readonly standing: number;
  /** The change was planned, or its owner only begins anew. */
  readonly isPlanned?: boolean;
}

/** `kind`: Promote or Configure to a replica, Commit to the metadata service. */
export function sendRole(kind: number, to: MachineId, { shard, epoch, owner, members, standing, isPlanned = false }: Role, io: Io): void {
  const slot = letter(io, { shard, epoch, who: owner, key: members, version: standing, count: isPlanned ? 1 : 0 });
  io.send(to, Channel.Control, kind, slot);
}

/** Tells the metadata service of an owner that was elected elsewhere; `isQuiet`: it keeps books only, and nobody acts by its word. */
export function sendReport(service: MachineId, shard: number, epoch: number, owner: number, isQuiet: boolean, io: Io): void {
  io.send(service, Channel.Control, Message.Report, letter(io, { shard, epoch, who: owner, count: isQuiet ? 1 : 0 }));
}

/** A map and how many bytes it takes on the way. */
export function sendMap(map: MapSnapshot, to: MachineId, io: Io): void {
  const slot = io.message();
  io.messages.payload[slot] = map;
  io.messages.bytes[slot] = mapBytes(map);
  io.send(to, Channel.Control, Message.Map, slot);
}

/** Three numbers of four bytes a shard. */
export const mapBytes = (map: MapSnapshot): number => BYTES.envelope + 12 * map.owners.length;
