/** The other replicas of a shard as its primary sees them: how far each is known to be, and what it is still to be sent. */
import type { MachineId, ServerId } from "../../../base/ids.ts";

export interface Peer {
  readonly server: ServerId;
  readonly machine: MachineId;
  /** To be sent up to (as of the last shipment), sent up to, acknowledged as synced up to. */
  goal: number;
  /** The end of this log when the round under way began, of one that is to be taken back; and when that was. */
  round: number;
  roundAt: number;
  sent: number;
  synced: number;
  /** As far as it has said that writes may count it (received, synced or applied, by policy). */
  acked: number;
  /** How far it had acknowledged when it was last looked at whether it gets on. */
  seen: number;
  /** What it said it holds when it was last sent what comes after that; -1 once it has got on, or is asked again. */
  answered: number;
  /** Is its log known to agree with ours up to `sent`? */
  aligned: boolean;
  /** When the monitors were last told that it has caught up, and in which epoch. */
  announced: number;
  announcedAt: number;
  /** Its bit in masks of members and of those that hold a replica. */
  readonly bit: number;
  /** A copy is being made there, or is there and catches up: shipped to, though it holds no replica yet. */
  isJoining: boolean;
  /** Once it has caught up, nothing is acknowledged that it has not: it is about to be the primary. */
  isDual: boolean;
  /** When it last acknowledged anything. */
  heardAt: number;
  /** When it last gave its regular sign of life (guard.ts). */
  beatAt: number;
  /** The transfer that brings it what it lacks (resync.ts); 0: none. */
  resync: number;
}

export function createPeer(server: ServerId, machine: MachineId, bit: number, aligned: boolean): Peer {
  return {
    server,
    machine,
    goal: 0,
    round: 0,
    roundAt: -Infinity,
    sent: 0,
    synced: 0,
    acked: 0,
    seen: 0,
    answered: -1,
    aligned,
    announced: 0,
    announcedAt: 0,
    bit,
    isJoining: false,
    isDual: false,
    heardAt: 0,
    beatAt: -Infinity,
    resync: 0,
  };
}
