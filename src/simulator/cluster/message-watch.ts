/** Looks at every message between processes, from its sending to its delivery, and at the work of cores, for drawings. Nothing of it is there unless it is asked for. */
import type { MessageEnd, SentMessage, Service } from "../record/sent-message.ts";
import { Message } from "../strategies/messages.ts";
import type { HostRecord, MachineRecord } from "./actors.ts";
import type { Messages } from "./messages.ts";
import type { Network } from "./network.ts";

export interface MessageWatch {
  /** The network, which tells of what is sent. */
  readonly network: Network;
  /** A message is about to be handled by its receiver. */
  readonly delivered: (slot: number) => void;
  /** The run is over: what is still on its way, or was dropped, is told of without an instant of delivery. */
  readonly ended: () => void;
}

export interface MessageWatchInput {
  readonly network: Network;
  readonly messages: Messages;
  readonly machines: () => readonly MachineRecord[];
  /** Microseconds of measured time. */
  readonly now: () => number;
  readonly tell: (message: SentMessage) => void;
}

const NAMES = new Map<number, string>(Object.entries(Message).map(([name, number]) => [number, name]));

export function watchMessages({ network, messages, machines, now, tell }: MessageWatchInput): MessageWatch {
  /** By slot: slots of messages that are dropped are used again without a word. */
  const underway = new Map<number, Omit<SentMessage, "at">>();
  const end = (slot: number, at: number | undefined): void => {
    const sent = underway.get(slot);
    if (sent === undefined) return;
    underway.delete(slot);
    tell({ ...sent, at });
  };
  return {
    network: {
      ...network,
      send: (slot, fromProcess, toProcess, era) => {
        end(slot, undefined);
        const f = messages.fields;
        underway.set(slot, {
          name: NAMES.get(f.kind[slot]!) ?? `kind ${f.kind[slot]!}`,
          from: endOf(machines()[f.from[slot]!]!),
          to: endOf(machines()[f.to[slot]!]!),
          sentAt: now(),
          shard: f.shard[slot]!,
          epoch: f.epoch[slot]!,
          operation: f.operation[slot]!,
          outcome: f.outcome[slot]!,
          bytes: f.bytes[slot]!,
        });
        network.send(slot, fromProcess, toProcess, era);
      },
    },
    delivered: (slot) => {
      const f = messages.fields;
      const { process } = machines()[f.to[slot]!]!;
      // It came to a process that is not there, or is another than it was sent to.
      end(slot, process.down > 0 || f.era[slot] !== process.era ? undefined : now());
    },
    ended: () => {
      for (const slot of [...underway.keys()]) end(slot, undefined);
    },
  };
}

export interface ServiceWatchInput {
  readonly messages: Messages;
  /** Microseconds of measured time. */
  readonly now: () => number;
  /** Whether a prober asked for this operation. */
  readonly isProbe: (operation: number) => boolean;
  readonly tell: (service: Service) => void;
}

/** Given the machine, kind, message and beginning of what a core has done: `start` in the clock of `now`. */
export function watchServices({ messages, now, isProbe, tell }: ServiceWatchInput) {
  const f = messages.fields;
  return ({ name, process, shard }: MachineRecord, kind: number, slot: number, start: number): void => {
    const { place } = process.host;
    if (place.kind !== "server") return;
    const isMessage = kind !== 0;
    const operation = isMessage ? f.operation[slot]! : -1;
    tell({
      name: isMessage ? (NAMES.get(kind) ?? `kind ${kind}`) : "work",
      machine: name,
      server: place.id,
      shard: shard < 0 && operation >= 0 ? f.shard[slot]! : shard,
      operation,
      isProbe: operation >= 0 && isProbe(operation),
      from: start,
      to: now(),
    });
  };
}

function endOf({ name, process, shard }: MachineRecord): MessageEnd {
  const { place }: HostRecord = process.host;
  return { machine: name, host: place.name, kind: place.kind, server: place.kind === "server" ? place.id : undefined, shard };
}
