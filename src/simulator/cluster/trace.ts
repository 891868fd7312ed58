/** Events as lines a person reads: times from the start of measured time, ids short. */
import type { MessageFields } from "../../base/machine.ts";
import { Message } from "../strategies/messages.ts";
import type { TraceLine } from "./run.ts";
import { Event, type HostRecord, type MachineRecord, type ProcessRecord } from "./actors.ts";

export interface TraceView {
  readonly machines: readonly MachineRecord[];
  readonly processes: readonly ProcessRecord[];
  readonly hosts: readonly HostRecord[];
  readonly fields: MessageFields & { readonly from: Int32Array; readonly kind: Uint8Array };
  readonly now: number;
}

const NAMES = new Map<number, string>(Object.entries(Message).map(([name, number]) => [number, name]));

/** The event about to be handled, or undefined for those that only keep the books. */
export function describeEvent(kind: number, target: number, argument: number, view: TraceView): TraceLine | undefined {
  const { machines, processes, hosts, fields: f, now } = view;
  const line = (name: string, record: MachineRecord | undefined, text: string): TraceLine => ({
    at: now,
    kind: name,
    shard: record === undefined || record.shard < 0 ? undefined : record.shard,
    server: record?.process.host.place.kind === "server" ? record.process.host.place.id : undefined,
    text,
  });
  switch (kind) {
    case Event.Deliver: {
      const record = machines[target]!;
      const sender = machines[f.from[argument]!]!;
      return line("deliver", record, `${sender.name} -> ${record.name} ${messageText(argument, f)}`);
    }
    case Event.CoreDone: {
      const place = hosts[target]!.place;
      return {
        at: now,
        kind: "work",
        shard: undefined,
        server: place.kind === "server" ? place.id : undefined,
        text: `${place.name} core ${argument} done`,
      };
    }
    case Event.Timer:
      return line("timer", machines[target], `${machines[target]!.name} timer ${argument}`);
    case Event.Flushed: {
      const place = hosts[target]!.place;
      return {
        at: now,
        kind: "flush",
        shard: undefined,
        server: place.kind === "server" ? place.id : undefined,
        text: `${place.name} flushed`,
      };
    }
    case Event.Connection: {
      const change = ["opened", "refused", "reset", "unopened"][argument & 3] ?? "";
      return {
        at: now,
        kind: "connection",
        shard: undefined,
        server: undefined,
        text: `${nameOf(processes[target]!)} <- ${nameOf(processes[argument >> 2]!)} ${change}`,
      };
    }
    case Event.Arrival:
      return { at: now, kind: "arrival", shard: undefined, server: undefined, text: `workload ${target}` };
    case Event.Probe:
      return { at: now, kind: "probe", shard: undefined, server: undefined, text: `prober ${target}` };
    default:
      return undefined;
  }
}

/** The host's name, and the process's if it is not the one that the host is for. */
const nameOf = (process: ProcessRecord): string =>
  process.id === process.host.place.process ? process.host.place.name : `${process.name} of ${process.host.place.name}`;

function messageText(slot: number, f: TraceView["fields"]): string {
  const name = NAMES.get(f.kind[slot]!) ?? `kind ${f.kind[slot]!}`;
  const parts = [`shard ${f.shard[slot]!}`, `epoch ${f.epoch[slot]!}`];
  if (f.operation[slot]! >= 0) parts.push(`key ${f.key[slot]!}`);
  if (f.index[slot]! > 0) parts.push(`index ${f.index[slot]!}`);
  if (f.outcome[slot]! > 0) parts.push(`outcome ${f.outcome[slot]!}`);
  return `${name} ${parts.join(" ")}`;
}
